import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcesses } from '../src/kubelet/process-tree.ts';
import type { ClusterSim } from '../src/index.ts';
import { createPod, eventually, podInPhase } from './support/api.ts';
import { simulatorOf } from './support/processes.ts';

const program = join(import.meta.dirname, '../bin/cluster-sim.js');
const directory = mkdtempSync(join(tmpdir(), 'cluster-sim-cli-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const entry of readdirSync(directory)) rmSync(join(directory, entry), { recursive: true, force: true });
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const start = (args: readonly string[]) => {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  return { child, output, ended };
};

const withPod = async () => {
  const kubeconfig = join(directory, 'kubeconfig');
  const data = join(directory);
  const run = start(['--port', '0', '--write-kubeconfig', kubeconfig, '--data-dir', data]);
  await eventually(() => run.output.out.endsWith('\n'));
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const { server } = config.clusters[0].cluster;
  expect(run.output.out).toBe(`${server}\n`);
  expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
  const caPem = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString();
  const sim = { url: server, caPem, token: config.users[0].user.token } as ClusterSim;
  await createPod(sim, {
    name: 'p',
    command: ['sh', '-c', "trap '' TERM; setsid sleep 60 & while :; do sleep 1; done"],
  });
  await podInPhase(sim, 'p', 'Running');
  const files = readdirSync(data).filter((entry) => entry.startsWith('cluster-sim-'));
  expect(files).toHaveLength(1);
  const own = join(data, files[0] ?? '');
  const cookie = await eventually(() => simulatorOf(own));
  await eventually(() => findProcesses(cookie).length > 1);
  return { ...run, cookie, own };
};

describe('the command', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0 and leaves no process and no file', async (signal) => {
    const { child, ended, cookie, own } = await withPod();
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(findProcesses(cookie)).toEqual([]);
    expect(existsSync(own)).toBe(false);
  });

  test('a kill -9 leaves no process and no file either', async () => {
    const { child, ended, cookie, own } = await withPod();
    child.kill('SIGKILL');
    await ended;
    await eventually(() => findProcesses(cookie).length === 0 && !existsSync(own));
  });

  test('help, version, wrong arguments', async () => {
    const help = start(['--help']);
    expect((await help.ended).code).toBe(0);
    expect(help.output.out).toContain('--write-kubeconfig');
    const wrong = start(['--port', 'many']);
    expect((await wrong.ended).code).toBe(2);
    expect(wrong.output.err).toContain('--port: expected a number, got "many"');
  });

  test('a port in use and a file that cannot be written: one line, 1, nothing left', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const busy = start(['--port', String(port), '--data-dir', directory]);
    expect((await busy.ended).code).toBe(1);
    expect(busy.output.err).toBe(
      `cluster-sim: 127.0.0.1:${port}: the address is in use: choose another port, or port 0 for a free one\n`,
    );
    server.close();
    const unwritable = start(['--write-kubeconfig', join(directory, 'none/file'), '--data-dir', directory]);
    expect((await unwritable.ended).code).toBe(1);
    expect(unwritable.output.err).toContain('cannot write the kubeconfig file');
    expect(readdirSync(directory)).toEqual([]);
  });
});
