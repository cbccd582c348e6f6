import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { KubeClient, type KubeClientOptions, type WatchEvent } from '@danube/k8s-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeHttp2 } from '../suites/k8s-client/http2.ts';

describe('a client over HTTP/2', () => {
  let sim: ClusterSim;
  let client: KubeClient;
  let connections: number;
  const open = (options: KubeClientOptions = {}): KubeClient =>
    new KubeClient(
      { server: sim.url, caPem: sim.caPem, token: sim.token },
      { http2: true, onConnect: () => (connections += 1), ...options },
    );
  beforeAll(async () => {
    sim = await startClusterSim({ http2: true });
  });
  afterAll(() => sim.close());
  beforeEach(() => {
    connections = 0;
    client = open();
  });
  afterEach(async () => {
    await client.close({ graceMs: 100 });
    sim.faults.clear();
  });

  const maps = () => client.configMaps('default');
  const map = (name: string) => ({ metadata: { name } });
  const goAway = (match: object, refuse = false) => sim.faults.add({ match, action: { type: 'goaway', refuse } });
  const namesFrom = async (events: AsyncIterable<WatchEvent<object>>, count: number): Promise<string[]> => {
    const names: string[] = [];
    for await (const { type, object } of events) {
      if (type === 'ADDED') names.push((object as { metadata: { name: string } }).metadata.name);
      if (names.length === count) break;
    }
    return names;
  };

  describe('shares connections', () => describeHttp2(() => ({ server: sim.url, caPem: sim.caPem, token: sim.token })));

  it('goes on with a watch that runs when GOAWAY comes, without loss or repetition', async () => {
    const { resourceVersion } = await maps().list();
    // On the connection of the watch: another stream is what it comes with.
    const names = namesFrom(maps().watch({ resourceVersion }), 3);
    await maps().create(map('one'));
    goAway({ verb: 'watch' });
    const others = namesFrom(maps().watch({ resourceVersion }), 3);
    await maps().create(map('two'));
    await maps().create(map('three'));
    expect(await names).toEqual(['one', 'two', 'three']);
    expect(await others).toEqual(['one', 'two', 'three']);
  });

  it('opens a new connection for what comes after GOAWAY, and lets the call that runs end', async () => {
    await maps().list();
    const fault = goAway({ verb: 'create' });
    expect(await maps().create(map('served'))).toMatchObject(map('served'));
    await maps().create(map('after'));
    expect([fault.hits, connections]).toEqual([1, 2]);
  });

  it('sends a create above the last stream of a GOAWAY again, as nothing was done', async () => {
    await maps().list();
    const fault = goAway({ verb: 'create' }, true);
    // With a generated name it would not be sent again if it might have been applied.
    await maps().create({ metadata: { generateName: 'g-' } });
    expect([fault.hits, connections]).toEqual([1, 2]);
    const names = (await maps().list()).items.map(({ metadata }) => metadata?.name);
    expect(names.filter((name) => name?.startsWith('g-'))).toHaveLength(1);
  });

  it('settles a create whose answer is lost with the connection', async () => {
    await maps().list();
    sim.faults.add({ match: { verb: 'create' }, action: { type: 'drop', when: 'after' } });
    expect(await maps().create(map('lost'))).toMatchObject(map('lost'));
  });

  it('ends one call at its deadline and leaves the others on its connection alone', async () => {
    await maps().list();
    sim.faults.add({ match: { verb: 'get' }, action: { type: 'stall' } });
    sim.faults.add({ match: { verb: 'create' }, action: { type: 'delay', ms: 300 } });
    const silent = maps().get('x', { timeoutMs: 100 });
    const slow = maps().create(map('slow'));
    await expect(silent).rejects.toMatchObject({ code: 'Timeout', phase: 'headers' });
    await slow;
    expect(connections).toBe(1);
  });

  it('survives a restart of the server', async () => {
    await maps().create(map('before'));
    await sim.disturb.restartApiServer({ graceful: true });
    expect(await maps().get('before')).toMatchObject(map('before'));
    await sim.disturb.restartApiServer();
    expect(await maps().get('before')).toMatchObject(map('before'));
  });

  it('speaks HTTP/1.1 when it is not asked for HTTP/2', async () => {
    await using plain = open({ http2: false });
    await Promise.all(Array.from({ length: 4 }, () => plain.version()));
    expect(connections).toBeGreaterThan(1);
  });
});
