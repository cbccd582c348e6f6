import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startClusterSim, type ClusterSim, type ExecLie } from '../src/index.ts';
import { call, createPod, eventually, podInPhase, podPath, str, watch } from './support/api.ts';
import { exec, V4, V5 } from './support/exec.ts';

let sim: ClusterSim;
beforeAll(async () => {
  sim = await startClusterSim();
  await createPod(sim, { name: 'p' });
  await podInPhase(sim, 'p', 'Running');
});
afterEach(() => sim.faults.clear());
afterAll(() => sim.close());

const maps = '/api/v1/namespaces/default/configmaps';
const create = (name: string) => call(sim, maps, { body: { metadata: { name } } });
const failed = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );

describe('faults of requests', () => {
  test('429 as plain text with Retry-After, so many times, after so many passed', async () => {
    const fault = sim.faults.add({
      match: { verb: 'list', resource: 'configmaps' },
      action: { type: 'text', retryAfter: '1' },
      skip: 1,
      times: 2,
    });
    const seen = [];
    for (let i = 0; i < 5; i += 1) seen.push(await call(sim, maps));
    expect(seen.map(({ status }) => status)).toEqual([200, 429, 429, 200, 200]);
    expect(seen[1]).toMatchObject({
      text: 'Too many requests, please try again later.\n',
      headers: { 'retry-after': '1' },
    });
    expect(seen[1]?.headers['content-type']).toContain('text/plain');
    expect(fault.hits).toBe(2);
    expect((await call(sim, '/api/v1/pods')).status).toBe(200);
  });

  test('a Status does nothing', async () => {
    sim.faults.add({
      match: { verb: 'create' },
      action: { type: 'status', code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 5 },
    });
    const answer = await create('unmade');
    expect(answer).toMatchObject({
      status: 503,
      body: { kind: 'Status', reason: 'ServiceUnavailable', details: { retryAfterSeconds: 5 } },
      headers: { 'retry-after': '5' },
    });
    expect((await call(sim, `${maps}/unmade`)).status).toBe(404);
  });

  test.each(['rst', 'fin'] as const)('a connection dropped by %s before or after the work', async (how) => {
    sim.faults.add({ match: { verb: 'create' }, action: { type: 'drop', when: 'before', how } });
    sim.faults.add({ match: { verb: 'create' }, action: { type: 'drop', when: 'after', how } });
    expect(await failed(create(`before-${how}`))).toBe('ECONNRESET');
    expect(await failed(create(`after-${how}`))).toBe('ECONNRESET');
    expect((await call(sim, `${maps}/before-${how}`)).status).toBe(404);
    expect((await call(sim, `${maps}/after-${how}`)).status).toBe(200);
  });

  test('a body that is cut, an answer that comes late, one that never comes, a connection to give up', async () => {
    sim.faults.add({ match: { verb: 'list' }, action: { type: 'cut', afterBytes: 100 } });
    expect(await failed(call(sim, maps))).toBe('ECONNRESET');
    sim.faults.add({ match: { verb: 'list' }, action: { type: 'delay', ms: 200 } });
    const started = performance.now();
    expect((await call(sim, maps)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(190);
    sim.faults.add({ match: { verb: 'list' }, action: { type: 'stall' } });
    const silent = failed(call(sim, maps));
    expect(await Promise.race([silent, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))])).toBe('silence');
    sim.faults.add({ match: { verb: 'list' }, action: { type: 'goaway' } });
    expect((await call(sim, maps, { headers: { connection: 'keep-alive' } })).headers['connection']).toBe('close');
    sim.disturb.dropConnections();
    expect(await silent).toBe('ECONNRESET');
  });

  test('a watch that is cut after a time', async () => {
    sim.faults.add({ match: { verb: 'watch' }, action: { type: 'cut', afterMs: 100, how: 'fin' } });
    const watcher = watch(sim, `${maps}?watch=1`);
    await watcher.next(({ type }) => type === 'ADDED');
    await watcher.ended;
    expect((await call(sim, maps)).status).toBe(200);
  });

  test('chance follows the seed', async () => {
    const pattern = async (seed: number): Promise<number[]> => {
      await using other = await startClusterSim({
        seed,
        faults: [{ action: { type: 'text' }, times: 100, probability: 0.5 }],
      });
      const codes = [];
      for (let i = 0; i < 16; i += 1) codes.push((await call(other, '/api/v1/nodes')).status);
      return codes;
    };
    const [first, again, other] = [await pattern(7), await pattern(7), await pattern(8)];
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(new Set(first)).toEqual(new Set([200, 429]));
  });
});

describe('faults of exec', () => {
  const run = async (lie: ExecLie, protocol: string, afterBytes?: number) => {
    sim.faults.add({
      match: { verb: 'connect' },
      action: { type: 'lie', lie, ...(afterBytes === undefined ? {} : { afterBytes }) },
    });
    const session = await exec(sim, {
      pod: 'p',
      protocols: [protocol],
      command: ['sh', '-c', 'printf 0123456789; exit 3'],
    });
    const { code } = await session.closed;
    return { code, output: session.text(1), status: session.text(3), last: session.frames.at(-1)?.[0] };
  };
  const SUCCESS = '{"metadata":{},"status":"Success"}';

  test('each lie', async () => {
    expect(await run('false-success', V4)).toEqual({ code: 1000, output: '0123456789', status: SUCCESS, last: 3 });
    expect(await run('false-success', V5, 4)).toEqual({ code: 1000, output: '0123', status: SUCCESS, last: 3 });
    expect(await run('kubelet-lost', V5, 0)).toEqual({ code: 1000, output: '', status: SUCCESS, last: 3 });
    expect(await run('kubelet-lost', V4, 4)).toEqual({ code: 1006, output: '0123', status: '', last: 1 });
    expect(await run('no-status', V5)).toEqual({ code: 1000, output: '0123456789', status: '', last: 1 });
    expect(await run('abrupt', V5)).toEqual({ code: 1006, output: '0123456789', status: '', last: 1 });
    expect(await run('malformed-status', V5)).toEqual({
      code: 1000,
      output: '0123456789',
      status: '{"status":',
      last: 3,
    });
    expect(await run('cut-output', V5, 6)).toMatchObject({
      code: 1000,
      output: '012345',
      status: expect.stringContaining('NonZeroExitCode'),
    });
    expect(await run('early-status', V5)).toMatchObject({
      code: 1000,
      output: '0123456789',
      status: expect.stringContaining('NonZeroExitCode'),
      last: 1,
    });
  });

  test.each(['rst', 'fin'] as const)('a session cut by %s after so many bytes', async (how) => {
    sim.faults.add({ match: { verb: 'connect' }, action: { type: 'cut', afterBytes: 1000, how } });
    const session = await exec(sim, { pod: 'p', command: ['sh', '-c', 'head -c 100000 /dev/zero'] });
    session.socket.on('error', () => undefined);
    expect((await session.closed).code).toBe(1006);
    expect(session.text(1).length).toBeLessThanOrEqual(1000);
    expect(session.text(3)).toBe('');
  });

  test('a handshake that is refused or cut', async () => {
    sim.faults.add({ match: { verb: 'connect' }, action: { type: 'text', code: 429, retryAfter: '1' } });
    sim.faults.add({ match: { verb: 'connect' }, action: { type: 'drop', when: 'before' } });
    await expect(exec(sim, { pod: 'p', command: ['true'] })).rejects.toMatchObject({ status: 429 });
    await expect(exec(sim, { pod: 'p', command: ['true'] })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('disturbances', () => {
  test('the loss of the kubelet is a false Success on v5 and no status on v4; the command runs on', async () => {
    const [five, four] = await Promise.all(
      [V5, V4].map((protocol) =>
        exec(sim, {
          pod: 'p',
          protocols: [protocol],
          command: ['sh', '-c', 'echo start; sleep 0.5; touch "after-$0"; exit 3', protocol],
        }),
      ),
    );
    await eventually(() => five?.text(1) === 'start\n' && four?.text(1) === 'start\n');
    sim.disturb.loseKubelet();
    expect((await five?.closed)?.code).toBe(1000);
    expect(five?.status()).toEqual({ metadata: {}, status: 'Success' });
    expect((await four?.closed)?.code).toBe(1006);
    expect(four?.text(3)).toBe('');
    for (const protocol of [V5, V4]) {
      await eventually(async () => {
        const look = await exec(sim, { pod: 'p', command: ['test', '-e', `after-${protocol}`] });
        await look.closed;
        return str(look.status().status) === 'Success';
      });
    }
  });

  test('a compacted history is 410', async () => {
    const { body } = await create('old');
    await create('newer');
    sim.disturb.compact();
    const watcher = watch(sim, `${maps}?watch=1&resourceVersion=${str(body.metadata.resourceVersion)}`);
    const error = await watcher.next(({ type }) => type === 'ERROR');
    expect(error.object).toMatchObject({ code: 410 });
  });

  test.each([true, false])('the API server restarts (graceful: %s); state and containers stay', async (graceful) => {
    const watcher = watch(sim, `${maps}?watch=1`);
    await watcher.next(({ type }) => type === 'ADDED');
    const restarted = sim.disturb.restartApiServer({ downMs: 100, graceful });
    await watcher.ended;
    expect(await failed(call(sim, maps))).toBe('ECONNREFUSED');
    await restarted;
    expect(String((await call(sim, podPath('p'))).body.status.phase)).toBe('Running');
  });

  test('an eviction by the API: the pod says so, and is deleted with its grace', async () => {
    await createPod(sim, { name: 'drained' });
    await podInPhase(sim, 'drained', 'Running');
    const pods = watch(sim, '/api/v1/namespaces/default/pods?watch=1&fieldSelector=metadata.name%3Ddrained');
    const answer = await call(sim, `${podPath('drained')}/eviction`, { body: { metadata: { name: 'drained' } } });
    expect(answer.status).toBe(201);
    const { object } = await pods.next((event) => 'deletionTimestamp' in event.object.metadata);
    pods.stop();
    expect(object['status']).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
      ]),
    });
  });

  test('eviction and the end of memory', async () => {
    await createPod(sim, { name: 'evicted' });
    await podInPhase(sim, 'evicted', 'Running');
    await sim.disturb.evict(
      { namespace: 'default', name: 'evicted' },
      'Usage of EmptyDir volume "w" exceeds the limit "20Mi". ',
    );
    expect((await podInPhase(sim, 'evicted', 'Failed')).status).toMatchObject({ reason: 'Evicted' });
    await createPod(sim, { name: 'hungry' });
    await podInPhase(sim, 'hungry', 'Running');
    sim.disturb.oomKill({ namespace: 'default', name: 'hungry', container: 'main' });
    const pod = await podInPhase(sim, 'hungry', 'Failed');
    expect(pod.status.containerStatuses[0].state.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await expect(sim.disturb.evict({ namespace: 'default', name: 'none' })).rejects.toMatchObject({
      code: 'POD_UNKNOWN',
    });
  });
});
