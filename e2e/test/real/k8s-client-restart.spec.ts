import { isPodRunning, KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { restart, usable } from '../support/restart-component.ts';
import { describeForgotten } from '../suites/k8s-client/forgotten.ts';
import { shellPod, unique, until, workplaceOn } from '../suites/k8s-client/workplace.ts';

const image = 'danube.local/busybox:1';
let client: KubeClient;
const place = workplaceOn({ client: () => client, image });
const { namespace } = place;

describe('while the API server is killed and started again', () => {
  const configMaps = () => client.configMaps(namespace);

  beforeAll(async () => {
    client = new KubeClient(await loadConfig());
    await client.namespaces().ensure(namespace);
  });
  afterAll(async () => {
    await client.namespaces().delete(namespace);
    await client.close();
  });

  it('a watch and an informer miss nothing, and nothing is created twice', async () => {
    const run = unique('restart');
    const labels = { run };
    const stop = new AbortController();
    const watched: string[] = [];
    const watching = (async () => {
      const events = configMaps().watch({ labelSelector: `run=${run}`, signal: stop.signal });
      for await (const { type, object } of events) {
        if (type !== 'BOOKMARK') watched.push(`${type} ${object.metadata?.name ?? ''}`);
      }
    })();
    await using informer = configMaps().informer({ labelSelector: `run=${run}` });
    const told: string[] = [];
    informer.subscribe(({ type, key }) => told.push(`${type} ${key}`));
    await informer.start().synced;

    const names = Array.from({ length: 40 }, (_, index) => `${run}-${index}`);
    const restarting = sleep(500).then(() => restart('apiserver'));
    for (const name of names) {
      await configMaps().create({ metadata: { name, labels } }, { timeoutMs: 60_000 });
      await sleep(50);
    }
    await restarting;
    await until(() => watched.length >= names.length && told.length >= names.length);
    stop.abort();
    await watching;

    expect(watched).toEqual(names.map((name) => `ADDED ${name}`));
    expect(told).toEqual(names.map((name) => `added ${namespace}/${name}`));
    const { items } = await configMaps().list({ labelSelector: `run=${run}` });
    expect(items).toHaveLength(names.length);
    expect(informer.healthy()).toBe(true);
    await usable();
  });

  it('updates of one object are counted once each', async () => {
    const name = unique('counter');
    await configMaps().create({ metadata: { name }, data: { n: '0' } });
    const restarting = sleep(300).then(() => restart('apiserver'));
    for (let n = 0; n < 40; n += 1) {
      await configMaps().update(
        name,
        (object) => {
          object.data = { n: String(Number(object.data?.['n']) + 1) };
        },
        { timeoutMs: 60_000 },
      );
      await sleep(25);
    }
    await restarting;
    expect((await configMaps().get(name)).data).toEqual({ n: '40' });
    await usable();
  });

  it('a log that is followed loses no line and doubles none', async () => {
    const name = unique('log');
    const lines = Array.from({ length: 120 }, (_, index) => `line-${index}\n`).join('');
    const script = 'i=0; while [ $i -lt 120 ]; do echo line-$i; i=$((i+1)); sleep 0.05; done';
    await client.pods(namespace).create(shellPod(image, name, script));
    await client.pods(namespace).waitFor(name, isPodRunning, { timeoutMs: 60_000 });
    const restarting = sleep(1_000).then(() => restart('apiserver'));
    let text = '';
    let asked = 0;
    const follow = { follow: true, retryForMs: 120_000 };
    await using observed = new KubeClient(client.config, {
      onAttempt: ({ path }) => {
        if (path.endsWith('/log')) asked += 1;
      },
    });
    for await (const chunk of observed.pods(namespace).logs(name, follow)) text += chunk.toString();
    await restarting;
    expect(text).toBe(lines);
    // It was asked for more than once: the restart really cut it.
    expect(asked).toBeGreaterThan(1);
    await usable();
  });

  // It keeps its history in memory, and so begins anew with none.
  describe('it has forgotten what was before', () =>
    describeForgotten(place, async () => {
      await restart('apiserver');
      await usable();
    }));
});
