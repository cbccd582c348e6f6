import { type ClusterConfig, KubeClient, loadConfig } from '@danube/k8s-client';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { restart, usable } from '../support/restart-component.ts';
import { describeHttp2 } from '../suites/k8s-client/http2.ts';
import { unique, until } from '../suites/k8s-client/workplace.ts';

describe('a client over HTTP/2 on a real node', () => {
  let config: ClusterConfig;
  beforeAll(async () => {
    config = await loadConfig();
  });

  describe('shares connections', () => describeHttp2(() => config));

  it('misses nothing and makes nothing twice while the API server is killed and started again', async () => {
    await using client = new KubeClient(config, { http2: true });
    const namespace = unique('http2-restart');
    await client.namespaces().ensure(namespace);
    const maps = client.configMaps(namespace);
    const { resourceVersion } = await maps.list();
    const stop = new AbortController();
    const watched: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of maps.watch({ resourceVersion, signal: stop.signal })) {
        const name = object.metadata?.name ?? '';
        if (type !== 'BOOKMARK' && name.startsWith('n-')) watched.push(`${type} ${name}`);
      }
    })();
    const names = Array.from({ length: 40 }, (_, index) => `n-${index}`);
    const restarting = sleep(500).then(() => restart('apiserver'));
    for (const name of names) {
      await maps.create({ metadata: { name } }, { timeoutMs: 60_000 });
      await sleep(50);
    }
    await restarting;
    await until(() => watched.length >= names.length);
    stop.abort();
    await watching;
    expect(watched).toEqual(names.map((name) => `ADDED ${name}`));
    await usable();
    await client.namespaces().delete(namespace);
  });
});
