import { isGone } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { DroppingProxy } from '../../support/dropping-proxy.ts';
import { configMap, failure, unique, until, type Workplace } from './workplace.ts';

/** What is left to do when the server no longer has the history; `forget` makes it so for all that was before. */
export const describeForgotten = ({ client, connect, namespace }: Workplace, forget: () => Promise<void>): void => {
  const configMaps = () => client().configMaps(namespace);

  it('a watch says that its version is gone, so that one lists again', async () => {
    const { resourceVersion } = await configMaps().list();
    await configMaps().create(configMap(unique('past')));
    await forget();
    const watching = (async () => {
      for await (const event of configMaps().watch({ resourceVersion })) return event;
      return 'no event';
    })();
    const error = await failure(watching);
    expect(isGone(error)).toBe(true);
    expect(error).toMatchObject({ code: 'WatchExpired', status: 410, reason: 'Expired' });
  });

  it('an informer that was cut off lists again, and tells what it missed', async () => {
    const run = unique('past');
    const { server } = client().config;
    await using proxy = await DroppingProxy.start(new URL(server));
    await using far = connect({ server: proxy.url(server) });
    for (const part of ['a', 'b']) await configMaps().create(configMap(`${run}-${part}`, { n: '1' }, { run }));
    await using informer = far.configMaps(namespace).informer({
      labelSelector: `run=${run}`,
      project: ({ data }) => data?.['n'],
    });
    const told: string[] = [];
    informer.subscribe(({ type, key, object }) => told.push(`${type} ${key.slice(-1)} ${object ?? ''}`));
    await informer.start().synced;

    proxy.block();
    await configMaps().delete(`${run}-a`);
    await configMaps().patch(`${run}-b`, { data: { n: '2' } });
    await configMaps().patch(`${run}-b`, { data: { n: '3' } });
    await configMaps().create(configMap(`${run}-c`, { n: '4' }, { run }));
    await forget();
    proxy.open();
    await until(() => informer.store.size === 2 && informer.store.get(`${run}-b`, namespace) === '3');

    // What came between is not told: only how it was, and how it is.
    expect(told).toEqual(['added a 1', 'added b 1', 'deleted a 1', 'updated b 3', 'added c 4']);
    expect(informer.state).toBe('Watching');
  }, 60_000);
};
