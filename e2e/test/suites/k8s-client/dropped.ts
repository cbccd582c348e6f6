import type { Clock, ConfigMap, KubeClient, WatchEvent } from '@danube/k8s-client';
import { isPodRunning } from '@danube/k8s-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { DroppingProxy } from '../../support/dropping-proxy.ts';
import { configMap, shellPod, unique, until, type Workplace } from './workplace.ts';

const DROPS = 50;

/** Waits are the same, only shorter: what is tested is what follows a loss, not how long it takes. */
const hasty: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) => sleep(Math.min(ms, 10), undefined, { signal }),
};

/** Everything goes through a proxy that cuts all connections again and again; the server hears of the changes directly. */
export const describeDropped = ({ client, connect, namespace, image }: Workplace): void => {
  const direct = () => client().configMaps(namespace);
  let proxy: DroppingProxy;
  let cut: KubeClient;

  beforeAll(async () => {
    proxy = await DroppingProxy.start(new URL(client().config.server));
  });
  // A client of its own for each: what repeats is paid from a budget.
  beforeEach(() => {
    cut = connect({ server: proxy.url(client().config.server) }, { clock: hasty, maxAttempts: 100 });
  });
  afterEach(() => cut.close({ graceMs: 100 }));
  afterAll(() => proxy.close());

  /** Fifty cuts, each after some changes and only when something is connected to be cut. */
  const cutAgainAndAgain = async (change: (round: number) => Promise<unknown>): Promise<void> => {
    for (let round = 0; round < DROPS; round += 1) {
      await until(() => proxy.connections > 0);
      const changing = change(round);
      if (round % 2 === 0) await changing;
      proxy.drop(round % 3 === 0 ? 'fin' : 'rst');
      await changing;
    }
  };

  /** Cuts now and then, whatever is under way, and fifty times at most: fewer than the budget of repetitions has. */
  const dropAtRandom = () => {
    let drops = 0;
    const next = (): NodeJS.Timeout =>
      setTimeout(() => {
        if (proxy.connections > 0 && drops < DROPS) proxy.drop((drops += 1) % 2 === 0 ? 'rst' : 'fin');
        timer = next();
      }, Math.random() * 40);
    let timer = next();
    return {
      drops: () => drops,
      [Symbol.dispose]: () => clearTimeout(timer),
    };
  };

  /** Creates, changes and deletes, and keeps a log of what the server said it did. */
  const churn = (run: string) => {
    const log: string[] = [];
    let n = 0;
    const note = (type: string, { metadata }: ConfigMap) => log.push(`${type} ${metadata?.resourceVersion ?? ''}`);
    const change = async (round: number): Promise<void> => {
      const name = `${run}-${round % 7}`;
      if (!alive.has(name)) {
        note('ADDED', await direct().create(configMap(name, { n: `${(n += 1)}` }, { run })));
        alive.add(name);
        return;
      }
      note('MODIFIED', await direct().patch(name, { data: { n: `${(n += 1)}` } }));
      if (round % 5 !== 0) return;
      await direct().delete(name);
      alive.delete(name);
      log.push('DELETED');
    };
    const alive = new Set<string>();
    return { log, change };
  };
  const line = ({ type, object }: WatchEvent<ConfigMap>): string =>
    // The answer to a delete does not tell its version.
    type === 'DELETED' ? type : `${type} ${object.metadata?.resourceVersion ?? ''}`;

  it('a watch tells each change once, in order', async () => {
    const run = unique('cut');
    const { log, change } = churn(run);
    const stop = new AbortController();
    const seen: string[] = [];
    const { resourceVersion } = await direct().list();
    const watching = (async () => {
      const selected = { labelSelector: `run=${run}`, resourceVersion, signal: stop.signal };
      for await (const event of cut.configMaps(namespace).watch(selected)) {
        if (event.type !== 'BOOKMARK') seen.push(line(event));
      }
    })();
    await cutAgainAndAgain(change);
    await until(() => seen.length >= log.length);
    stop.abort();
    await watching;
    expect(seen).toEqual(log);
  }, 60_000);

  it('an informer is equal to the server at the end, and told each change once', async () => {
    const run = unique('cut');
    const { log, change } = churn(run);
    await using informer = cut.configMaps(namespace).informer({ labelSelector: `run=${run}` });
    const told: string[] = [];
    const types = { added: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const;
    informer.subscribe(({ type, object }) => told.push(line({ type: types[type], object })));
    await informer.start().synced;
    await cutAgainAndAgain(change);
    await until(() => told.length >= log.length);
    expect(told).toEqual(log);
    const { items } = await direct().list({ labelSelector: `run=${run}` });
    const versions = (objects: Iterable<ConfigMap>) =>
      [...objects].map(({ metadata }) => `${metadata?.name}@${metadata?.resourceVersion}`).toSorted();
    expect(versions(informer.store.values())).toEqual(versions(items));
  }, 60_000);

  it('a create, an update and a delete happen once each', async () => {
    const run = unique('cut');
    using dropping = dropAtRandom();
    const { resourceVersion } = await direct().list();
    const through = cut.configMaps(namespace);
    for (let n = 0; n < 25; n += 1) {
      const { metadata } = await through.create(configMap(`${run}-${n}`, { n: '0' }, { run }));
      await through.update(`${run}-${n}`, (object) => {
        object.data = { n: String(Number(object.data?.['n']) + 1) };
      });
      await through.delete(`${run}-${n}`, { uid: metadata?.uid });
    }
    expect(dropping.drops()).toBeGreaterThan(10);
    const last = await direct().create(configMap(`${run}-last`, { n: 'last' }, { run }));
    const seen: string[] = [];
    for await (const { type, object } of direct().watch({ labelSelector: `run=${run}`, resourceVersion })) {
      if (object.metadata?.uid === last.metadata?.uid) break;
      if (type !== 'BOOKMARK') seen.push(`${type} ${object.data?.['n'] ?? ''}`);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, () => ['ADDED 0', 'MODIFIED 1', 'DELETED 1']).flat());
  }, 60_000);

  it('a log that is followed loses no line and doubles none', async () => {
    const name = unique('cut');
    const pods = client().pods(namespace);
    const script =
      'i=0; while [ $i -lt 400 ]; do echo line-$i; i=$((i+1)); [ $((i % 10)) -eq 0 ] && sleep 0.05; done; true';
    await pods.create(shellPod(image, name, script));
    await pods.waitFor(name, (pod) => isPodRunning(pod) || pod?.status?.phase === 'Succeeded', { timeoutMs: 60_000 });
    let text = '';
    let drops = 0;
    for await (const chunk of cut.pods(namespace).logs(name, { follow: true, retryForMs: 30_000 })) {
      text += chunk.toString();
      if (drops >= 12) continue;
      proxy.drop(drops % 2 === 0 ? 'rst' : 'fin');
      drops += 1;
    }
    expect(drops).toBeGreaterThan(3);
    expect(text).toBe(Array.from({ length: 400 }, (_, index) => `line-${index}\n`).join(''));
  }, 90_000);
};
