import { type ClusterConfig, KubeClient } from '@danube/k8s-client';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { unique } from './workplace.ts';

/** What a client does over HTTP/2 that it does not over HTTP/1.1. */
export const describeHttp2 = (config: () => ClusterConfig): void => {
  const namespace = unique('http2');
  let connections = 0;
  let client: KubeClient;
  beforeAll(async () => {
    client = new KubeClient(config(), { http2: true, onConnect: () => (connections += 1) });
    await client.namespaces().ensure(namespace);
  });
  afterAll(async () => {
    await client.namespaces().delete(namespace);
    await client.close({ graceMs: 100 });
  });

  it('has many calls at the same time on one connection', async () => {
    const maps = client.configMaps(namespace);
    const names = Array.from({ length: 60 }, (_, index) => `m-${index}`);
    await Promise.all(names.map((name) => maps.create({ metadata: { name, labels: { many: 'yes' } } })));
    const { items } = await maps.list({ labelSelector: 'many=yes' });
    expect(items.map(({ metadata }) => metadata?.name).toSorted()).toEqual(names.toSorted());
    expect(connections).toBe(1);
  });

  it('has at most a hundred streams on a connection, and opens another one for more', async () => {
    const maps = client.configMaps(namespace);
    const stop = new AbortController();
    const { resourceVersion } = await maps.list();
    const before = connections;
    const first = async (): Promise<string | undefined> => {
      for await (const { type, object } of maps.watch({ resourceVersion, signal: stop.signal })) {
        if (type === 'ADDED') return object.metadata?.name;
      }
      return undefined;
    };
    const watches = Array.from({ length: 120 }, first);
    await maps.create({ metadata: { name: 'seen-by-all' } });
    expect(await Promise.all(watches)).toEqual(Array(120).fill('seen-by-all'));
    expect(connections - before).toBe(2);
    stop.abort();
  });
};
