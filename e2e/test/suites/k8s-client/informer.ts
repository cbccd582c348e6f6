import type { ConfigMap, KubeRequest, Requester } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { configMap, unique, until, type Workplace } from './workplace.ts';

/** A store that follows the server. */
export const describeInformer = ({ client, connect, namespace }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);

  it('keep what a projection makes of objects, and tell every change', async () => {
    const run = unique('inf');
    await configMaps().create(configMap(`${run}-a`, { n: '1' }, { run }));
    await using informer = configMaps().informer({
      labelSelector: `run=${run}`,
      project: ({ data }) => data?.['n'],
    });
    const changes: string[] = [];
    informer.subscribe(({ type, key }) => changes.push(`${type} ${key}`));
    await informer.start().synced;
    await configMaps().create(configMap(`${run}-b`, { n: '2' }, { run }));
    await configMaps().patch(`${run}-a`, { data: { n: '3' } });
    await configMaps().delete(`${run}-b`);
    await until(() => changes.length >= 4);
    const key = (name: string) => `${namespace}/${run}-${name}`;
    expect(changes).toEqual([`added ${key('a')}`, `added ${key('b')}`, `updated ${key('a')}`, `deleted ${key('b')}`]);
    expect([...informer.store.values()]).toEqual(['3']);
    expect(informer.healthy()).toBe(true);
    expect(informer.state).toBe('Watching');
  });

  it('find objects by an index over a label, also after it changed', async () => {
    const run = unique('inf');
    const make = (name: string, team: string) => configMaps().create(configMap(`${run}-${name}`, {}, { run, team }));
    await make('a', 'red');
    await make('b', 'red');
    await make('c', 'blue');
    await using informer = configMaps().informer({
      labelSelector: `run=${run}`,
      fields: { metadata: { labels: { team: true } } },
      project: ({ metadata }) => ({ name: metadata?.name, team: metadata?.labels?.['team'] }),
      indexes: { team: ({ team }) => (team === undefined ? [] : [team]) },
    });
    await informer.start().synced;
    const names = (team: string) =>
      informer.store
        .byIndex('team', team)
        .map(({ name }) => name?.slice(run.length + 1))
        .toSorted();
    expect([names('red'), names('blue'), names('green')]).toEqual([['a', 'b'], ['c'], []]);
    await configMaps().patch(`${run}-b`, { metadata: { labels: { team: 'blue' } } });
    await configMaps().delete(`${run}-c`);
    await until(() => names('blue').join() === 'b');
    expect(names('red')).toEqual(['a']);
    expect(informer.store.get(`${run}-a`, namespace)).toEqual({ name: `${run}-a`, team: 'red' });
  });

  it.each([
    ['as a stream', true],
    ['in pages', false],
  ])('are first sent what there is %s', async (_how, watchList) => {
    const run = unique('inf');
    for (const part of ['a', 'b', 'c']) await configMaps().create(configMap(`${run}-${part}`, {}, { run }));
    const wire = tapped();
    await using other = connect({}, { intercept: wire.intercept });
    await using informer = other
      .configMaps(namespace)
      .informer({ labelSelector: `run=${run}`, watchList, pageSize: 2 });
    await informer.start().synced;
    expect(informer.store.size).toBe(3);
    const asked = wire.requests.map(({ query }) => [query?.['watch'] ?? false, query?.['sendInitialEvents'] ?? false]);
    if (watchList) {
      // One request is all, and the server really sent its list on it.
      expect(asked).toEqual([[true, true]]);
      expect(wire.received()).toContain('"k8s.io/initial-events-end":"true"');
    } else {
      await until(() => wire.requests.length === 3);
      expect(asked.slice(0, 2)).toEqual([
        [false, false],
        [false, false],
      ]);
    }
  });

  it('call no handler once they are stopped', async () => {
    const run = unique('inf');
    const informer = configMaps().informer<ConfigMap>({ labelSelector: `run=${run}` });
    const changes: string[] = [];
    informer.subscribe(({ type }) => changes.push(type));
    await informer.start().synced;
    await informer.stop();
    await configMaps().create(configMap(run, {}, { run }));
    expect(changes).toEqual([]);
    expect(informer.state).toBe('Stopped');
    expect(informer.healthy()).toBe(false);
  });
};

/** A place between the verbs and the connection that notes what is asked and what comes back. */
const tapped = () => {
  const requests: KubeRequest[] = [];
  const chunks: Buffer[] = [];
  const intercept = (next: Requester): Requester => ({
    request: (request, recovery) => {
      requests.push(request);
      return next.request(request, recovery);
    },
    stream: async (request, recovery) => {
      requests.push(request);
      const stream = await next.stream(request, recovery);
      const copying = async function* () {
        for await (const chunk of stream.body) {
          chunks.push(chunk);
          yield chunk;
        }
      };
      return { ...stream, body: copying() };
    },
  });
  return { requests, intercept, received: () => Buffer.concat(chunks).toString() };
};
