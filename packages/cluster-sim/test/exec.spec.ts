import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { call, createPod, eventually, podInPhase, podPath } from './support/api.ts';
import { exec, Refused, V4, V5, type ExecCall } from './support/exec.ts';

let sim: ClusterSim;
beforeAll(async () => {
  sim = await startClusterSim();
  await createPod(sim, {
    name: 'p',
    spec: { volumes: [{ name: 'w', emptyDir: {} }] },
    container: { volumeMounts: [{ name: 'w', mountPath: '/workspace' }], env: [{ name: 'W', value: '/workspace' }] },
  });
  await podInPhase(sim, 'p', 'Running');
});
afterAll(() => sim.close());

const sh = (script: string): string[] => ['sh', '-c', script];
const stdinFrame = (text: string): Buffer => Buffer.concat([Buffer.from([0]), Buffer.from(text)]);

describe.each([V5, V4])('%s', (protocol) => {
  const protocols = [protocol];

  test('both streams apart, the status last, then a normal close', async () => {
    const session = await exec(sim, { pod: 'p', protocols, command: sh('echo out; echo err >&2; exit 3') });
    expect((await session.closed).code).toBe(1000);
    expect(session.socket.protocol).toBe(protocol);
    expect(session.frames[0]).toEqual(Buffer.from([1])); // the empty frame that opens a session
    expect([session.text(1), session.text(2)]).toEqual(['out\n', 'err\n']);
    expect(session.frames.at(-1)?.[0]).toBe(3);
    expect(session.status()).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  test('0 is Success; a signal is 128 + n', async () => {
    const good = await exec(sim, { pod: 'p', protocols, command: ['true'] });
    await good.closed;
    expect(good.status()).toEqual({ metadata: {}, status: 'Success' });
    const killed = await exec(sim, { pod: 'p', protocols, command: sh('kill -KILL $$') });
    await killed.closed;
    expect(killed.status().details.causes[0].message).toBe('137');
  });

  test('a program that is not there is a Failure without exit code', async () => {
    const session = await exec(sim, { pod: 'p', protocols, command: ['no-such-program'] });
    await session.closed;
    expect(session.status()).toMatchObject({ status: 'Failure', reason: 'InternalError' });
    expect(session.status().message).toContain('executable file not found in $PATH');
  });

  test('a megabyte comes whole', async () => {
    const session = await exec(sim, { pod: 'p', protocols, command: sh('head -c 1048576 /dev/zero | tr "\\0" x') });
    await session.closed;
    expect(session.text(1)).toHaveLength(2 ** 20);
  });

  test('the command has the environment, directory and paths of its container', async () => {
    const session = await exec(sim, { pod: 'p', protocols, command: sh('echo hi >"$W/f"; cat /workspace/f') });
    await session.closed;
    expect(session.text(1)).toBe('hi\n');
  });

  test('stdin reaches the command', async () => {
    const session = await exec(sim, { pod: 'p', protocols, stdin: true, command: sh('read line; echo "got $line"') });
    session.socket.send(stdinFrame('some text\n'));
    await session.closed;
    expect(session.text(1)).toBe('got some text\n');
  });

  test('a client that goes away does not end the command', async () => {
    const session = await exec(sim, {
      pod: 'p',
      protocols,
      command: sh(`echo on; sleep 0.3; echo done >"$W/after-${protocol}"`),
    });
    await eventually(() => session.text(1) === 'on\n');
    session.socket.terminate();
    const look = async (): Promise<boolean> => {
      const later = await exec(sim, { pod: 'p', command: sh(`cat "$W/after-${protocol}"`) });
      await later.closed;
      return later.text(1) === 'done\n';
    };
    expect(await eventually(look)).toBe(true);
  });

  test('a reader that stands still holds the command back', async () => {
    const script = `i=0; while [ $i -lt 50 ]; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i >"$W/at-${protocol}"; done`;
    const session = await exec(sim, { pod: 'p', protocols, command: sh(script) });
    session.socket.pause();
    const progress = async (): Promise<number> => {
      const look = await exec(sim, { pod: 'p', command: sh(`cat "$W/at-${protocol}"`) });
      await look.closed;
      return Number(look.text(1));
    };
    const still = await eventually(async () => {
      const before = await progress();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return before > 0 && (await progress()) === before ? before : undefined;
    });
    expect(still).toBeLessThan(25); // what fits into the buffers of the sockets
    session.socket.resume();
    await session.closed;
    expect(session.text(1)).toHaveLength(50_000_000);
  });
});

describe('what differs', () => {
  test('v5 closes stdin on its own', async () => {
    const session = await exec(sim, { pod: 'p', stdin: true, command: ['wc', '-c'] });
    session.socket.send(stdinFrame('12345'));
    session.socket.send(Buffer.from([255, 0]));
    await session.closed;
    expect(session.text(1).trim()).toBe('5');
  });

  test('v5 wins when both are offered; an older server knows only v4', async () => {
    const session = await exec(sim, { pod: 'p', protocols: [V4, V5], command: ['true'] });
    expect(session.socket.protocol).toBe(V5);
    await session.closed;
    await using old = await startClusterSim({ execProtocols: [V4] });
    await createPod(old, { name: 'p' });
    await podInPhase(old, 'p', 'Running');
    const other = await exec(old, { pod: 'p', command: ['true'] });
    expect(other.socket.protocol).toBe(V4);
    await other.closed;
    await expect(exec(old, { pod: 'p', protocols: [V5], command: ['true'] })).rejects.toMatchObject({ status: 400 });
  });

  test('a container that does not run yet: a Failure after the upgrade on v5, an answer instead of it on v4', async () => {
    await createPod(sim, { name: 'waiting', image: 'registry.invalid/x:1' });
    const session = await exec(sim, { pod: 'waiting', command: ['true'] });
    await session.closed;
    expect(session.status()).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
      message: 'Internal error occurred: unable to upgrade connection: container not found ("main")',
    });
    await expect(exec(sim, { pod: 'waiting', protocols: [V4], command: ['true'] })).rejects.toMatchObject({
      status: 500,
      body: 'container not found ("main")',
    });
    await call(sim, podPath('waiting'), { method: 'DELETE' });
  });

  test.each<[string, ExecCall, { status: number; message: string }]>([
    [
      'a pod that is not there',
      { pod: 'none', command: ['true'] },
      { status: 404, message: 'pods \\"none\\" not found' },
    ],
    [
      'a container that is not there',
      { pod: 'p', container: 'none', command: ['true'] },
      { status: 400, message: 'container none is not valid for pod p' },
    ],
    ['no command', { pod: 'p', command: [] }, { status: 400, message: 'at least 1 command' }],
    [
      'no stream',
      { pod: 'p', command: [], query: 'command=true' },
      { status: 400, message: 'at least 1 of stdin, stdout, stderr' },
    ],
    [
      'a terminal with stderr',
      { pod: 'p', command: [], query: 'command=true&stdout=1&stderr=1&tty=' },
      { status: 400, message: 'tty and stderr cannot both be true' },
    ],
    ['a wrong token', { pod: 'p', command: ['true'], token: 'wrong' }, { status: 401, message: 'Unauthorized' }],
  ])('%s is refused with a Status', async (_name, init, { status, message }) => {
    const refused = await exec(sim, init).catch((error: unknown) => error as Refused);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status, body: expect.stringContaining(message) });
  });

  test('a terminal shows both streams as one', async () => {
    const session = await exec(sim, { pod: 'p', tty: true, command: sh('test -t 1 && echo terminal; echo err >&2') });
    await session.closed;
    expect(session.text(1)).toContain('err');
    if (process.platform === 'linux') expect(session.text(1)).toContain('terminal\r\n');
  });

  test('attach shows the output of the container and ends with Success', async () => {
    await createPod(sim, { name: 'talker', command: sh('sleep 0.3; echo late; exit 4') });
    await podInPhase(sim, 'talker', 'Running');
    const { WebSocket } = await import('ws');
    const url = `${sim.url.replace('https', 'wss')}${podPath('talker')}/attach?stdout=true&stderr=true`;
    const socket = new WebSocket(url, [V5], { ca: sim.caPem, headers: { authorization: `Bearer ${sim.token}` } });
    const frames: string[] = [];
    socket.on('message', (data: Buffer) => frames.push(data.toString('latin1')));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(frames).toContain('\x01late\n');
    expect(frames.at(-1)).toContain('"Success"');
  });
});
