import { type ConfigMap, isForbidden, type WatchEvent } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { collect, configMap, failure, unique, until, type Workplace } from './workplace.ts';

/** Changes as they happen. */
export const describeWatch = ({ client, connect, namespace }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);

  it('tell every change after a list, in order, and end with their signal', async () => {
    const run = unique('watch');
    const { resourceVersion } = await configMaps().list();
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      const events: AsyncIterable<WatchEvent<ConfigMap>> = configMaps().watch({
        labelSelector: `run=${run}`,
        resourceVersion,
        signal: stop.signal,
      });
      for await (const { type, object } of events) {
        if (type !== 'BOOKMARK') seen.push(`${type} ${object.data?.['n'] ?? ''}`);
        if (type === 'DELETED') stop.abort();
      }
    })();
    await configMaps().create(configMap(run, { n: '1' }, { run }));
    await configMaps().create(configMap(`${run}-other`, { n: 'other' }));
    await configMaps().patch(run, { data: { n: '2' } });
    await configMaps().delete(run);
    await watching;
    expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
  });

  it('tell an object that enters a selection as added, and one that leaves it as deleted', async () => {
    const run = unique('enter');
    const { resourceVersion } = await configMaps().list();
    await configMaps().create(configMap(run, { n: '1' }, { run, in: 'no' }));
    await configMaps().patch(run, { metadata: { labels: { in: 'yes' } }, data: { n: '2' } });
    await configMaps().patch(run, { metadata: { labels: { in: 'no' } }, data: { n: '3' } });
    const seen: string[] = [];
    for await (const { type, object } of configMaps().watch({ labelSelector: `run=${run},in=yes`, resourceVersion })) {
      if (type === 'BOOKMARK') continue;
      // What left is shown as it was while it was selected.
      seen.push(`${type} ${object.data?.['n'] ?? ''} ${object.metadata?.labels?.['in'] ?? ''}`);
      if (type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED 2 yes', 'DELETED 2 yes']);
  });

  it('start with what is there when they have no version', async () => {
    const run = unique('watch');
    await configMaps().create(configMap(run, {}, { run }));
    for await (const { type, object } of configMaps().watch({ labelSelector: `run=${run}` })) {
      expect([type, object.metadata?.name]).toEqual(['ADDED', run]);
      break;
    }
  });

  it('mark the end of what was there, when that is asked for', async () => {
    const run = unique('watch');
    for (const part of ['a', 'b']) await configMaps().create(configMap(`${run}-${part}`, {}, { run }));
    const seen: string[] = [];
    for await (const { type, object } of configMaps().watch({ labelSelector: `run=${run}`, sendInitialEvents: true })) {
      seen.push(type);
      if (object.metadata?.annotations?.['k8s.io/initial-events-end'] !== 'true') continue;
      expect(object.metadata.resourceVersion).toMatch(/^\d+$/);
      break;
    }
    expect(seen).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
  });

  it('are told nothing but versions while nothing changes that they selected, and end with their time', async () => {
    const { resourceVersion } = await configMaps().list();
    // Away from the selection: only a bookmark can carry its version, and no server promises one.
    const { metadata } = await configMaps().create(configMap(unique('elsewhere')));
    const query = {
      watch: true,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: 3,
      labelSelector: 'nothing=here',
    };
    const { body } = await client().stream({ method: 'GET', path: configMaps().path, query });
    const events = (await collect(body))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as WatchEvent<ConfigMap>);
    for (const { type, object } of events) {
      expect([type, object.kind, object.apiVersion]).toEqual(['BOOKMARK', 'ConfigMap', 'v1']);
      expect(Number(object.metadata?.resourceVersion)).toBeGreaterThanOrEqual(Number(metadata?.resourceVersion));
    }
  });

  it('from a version that is still to come wait for it', async () => {
    const { resourceVersion } = await configMaps().list();
    const query = { watch: true, resourceVersion: `${Number(resourceVersion) + 100_000}`, timeoutSeconds: 1 };
    const { body } = await client().stream({ method: 'GET', path: configMaps().path, query });
    await configMaps().create(configMap(unique('early')));
    expect(await collect(body)).toBe('');
  });

  it('of what one may not see are refused, and not tried again', async () => {
    await using nobody = connect({ impersonate: { user: 'nobody' } });
    const watching = (async () => {
      for await (const event of nobody.configMaps(namespace).watch()) return event;
      return 'no event';
    })();
    expect(isForbidden(await failure(watching))).toBe(true);
  });

  it('pause with a reader that is slow, and lose nothing', async () => {
    const run = unique('slow');
    const { resourceVersion } = await configMaps().list();
    const long = 'x'.repeat(200_000);
    for (let n = 0; n < 30; n += 1) await configMaps().create(configMap(`${run}-${n}`, { long, n: `${n}` }, { run }));
    const seen: string[] = [];
    for await (const { type, object } of configMaps().watch({ labelSelector: `run=${run}`, resourceVersion })) {
      if (type === 'BOOKMARK') continue;
      seen.push(object.data?.['n'] ?? '');
      if (seen.length === 1) await new Promise((resolve) => setTimeout(resolve, 300));
      if (seen.length === 30) break;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
    await configMaps().deleteCollection({ labelSelector: `run=${run}` });
    await until(async () => (await configMaps().list({ labelSelector: `run=${run}` })).items.length === 0);
  }, 20_000);
};
