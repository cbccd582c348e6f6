import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { control, nodeStatus } from '../control-client.ts';
import { serveControl } from './control-server.ts';
import { Supervisor } from './supervisor.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'danube-inner-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const component = (name: string, script: string) => ({ name, argv: ['/bin/sh', '-c', script] });

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds() && tries < 400; tries += 1) await sleep(10);
  expect(holds()).toBe(true);
};

describe('Supervisor', () => {
  const sleeper = component('sleeper', 'echo started; exec sleep 60');
  const started = (): number => readFileSync(join(directory, 'sleeper.log'), 'utf8').split('started\n').length - 1;
  let supervisor: Supervisor | undefined;

  afterEach(async () => {
    await supervisor?.kill('sleeper', 600_000); // down for longer than the test
    supervisor?.stop();
  });

  it('starts a program again when it is killed, after the time that was asked for', async () => {
    supervisor = new Supervisor(directory, [sleeper]);
    expect(supervisor.status()).toEqual([{ name: 'sleeper', state: 'waiting', restarts: 0 }]);
    supervisor.start(sleeper);
    await until(() => started() === 1);
    const [before] = supervisor.status();
    const askedMs = performance.now();
    expect(await supervisor.kill('sleeper', 100)).toBe(true);
    expect(supervisor.status()).toEqual([{ name: 'sleeper', state: 'restarting', restarts: 1 }]);
    await until(() => started() === 2);
    expect(performance.now() - askedMs).toBeGreaterThan(95);
    const [after] = supervisor.status();
    expect(after).toMatchObject({ state: 'running', restarts: 1 });
    expect(after?.pid).not.toBe(before?.pid);
  });

  it('starts a program again when it ends by itself, and keeps what it said', async () => {
    const brief = component('brief', 'echo to-stderr >&2; exit 3');
    supervisor = new Supervisor(directory, [brief]);
    supervisor.start(brief);
    await until(() => (supervisor?.status()[0]?.restarts ?? 0) >= 2);
    expect(readFileSync(join(directory, 'brief.log'), 'utf8')).toMatch(
      /^to-stderr\n--- ended: 3; starting again in 500 ms\nto-stderr\n/,
    );
  });

  it('does not kill what does not run', async () => {
    supervisor = new Supervisor(directory, [sleeper]);
    expect(await supervisor.kill('sleeper', 0)).toBe(false);
    expect(await supervisor.kill('unknown', 0)).toBe(false);
  });
});

describe('the control socket', () => {
  const status = { components: [], images: { imported: ['a'], failed: [], done: true } };
  let server: ReturnType<typeof serveControl>;
  let socketPath = '';
  const serve = async (importImage: readonly string[]): Promise<void> => {
    socketPath = join(directory, 'control.sock');
    const kill = async (name: string, downMs: number) => name === 'kubelet' && downMs === 7;
    server = serveControl(socketPath, { status: () => status, kill, importImage });
    await once(server, 'listening');
  };
  afterEach(() => void server.close());

  it('tells how the node is doing', async () => {
    await serve([]);
    expect(await nodeStatus(socketPath)).toEqual(status);
    expect(await nodeStatus(join(directory, 'none.sock'))).toBeUndefined();
  });

  it('restarts a program, or says that it does not run', async () => {
    await serve([]);
    await control(socketPath, { method: 'POST', path: '/restart?component=kubelet&downMs=7' });
    await expect(control(socketPath, { method: 'POST', path: '/restart?component=x' })).rejects.toThrow(
      /not running: x/,
    );
  });

  it('gives an image to the runtime, and tells what the runtime says', async () => {
    await serve(['/bin/sh', '-c', 'wc -c; exit 0']);
    const bodyFile = join(directory, 'control.spec');
    writeFileSync(bodyFile, Buffer.alloc(300_000));
    expect(await control(socketPath, { method: 'POST', path: '/images', bodyFile })).toEqual({ message: '300000' });
  });

  it.each([
    ['refuses it', ['/bin/sh', '-c', 'echo "not an image" >&2; exit 1'], /not an image/],
    ['is not there', ['/nowhere/ctr'], /ENOENT/],
  ])('says so when the runtime %s', async (_what, argv, want) => {
    await serve(argv);
    const bodyFile = join(directory, 'image');
    writeFileSync(bodyFile, 'x');
    await expect(control(socketPath, { method: 'POST', path: '/images', bodyFile })).rejects.toThrow(want);
  });

  it('refuses what it does not know', async () => {
    await serve([]);
    const outgoing = request({ socketPath, path: '/nothing' }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, await text(response)]).toEqual([404, '{"message":"no such command: /nothing"}']);
  });
});
