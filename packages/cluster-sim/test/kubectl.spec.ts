import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { eventually } from './support/api.ts';

const missing = spawnSync('kubectl', ['version', '--client']).error !== undefined;
const withKubectl = missing ? describe.skip : describe;

withKubectl(missing ? 'unmodified kubectl (skipped: kubectl is not on PATH)' : 'unmodified kubectl', () => {
  let sim: ClusterSim;
  let directory: string;
  beforeAll(async () => {
    sim = await startClusterSim();
    directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
    writeFileSync(join(directory, 'config'), sim.kubeconfig());
    const [pod, twice] = ['main', 'other'].map((name) => ({
      name,
      image: 'busybox:1',
      command: ['sh', '-c', `trap 'exit 0' TERM; echo I am ${name}; while :; do sleep 0.05; done`],
    }));
    writeFileSync(
      join(directory, 'pods.json'),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'one', labels: { app: 'x' } },
            spec: { containers: [pod] },
          },
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'two', labels: { app: 'x' } },
            spec: { containers: [pod, twice] },
          },
        ],
      }),
    );
  });
  afterAll(async () => {
    await sim.close();
    rmSync(directory, { recursive: true, force: true });
  });

  interface Result {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
  }
  const kubectl = (args: readonly string[], input = ''): Promise<Result> =>
    new Promise((resolve) => {
      const child = spawn('kubectl', args, {
        env: { ...process.env, KUBECONFIG: join(directory, 'config'), HOME: directory },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('close', (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });

  test('create, wait, get, describe', async () => {
    expect((await kubectl(['create', '-f', join(directory, 'pods.json')])).out).toBe(
      'pod/one created\npod/two created\n',
    );
    expect((await kubectl(['wait', '--for=condition=Ready', 'pod', '-l', 'app=x', '--timeout=10s'])).code).toBe(0);
    const { out } = await kubectl(['get', 'pods']);
    expect(out).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\none +1\/1 +Running +0 +\S+\ntwo +2\/2 +Running/);
    expect((await kubectl(['get', 'po', 'one', '-o', 'jsonpath={.status.phase}'])).out).toBe('Running');
    expect((await kubectl(['describe', 'pod', 'one'])).out).toContain('Started container main');
    expect((await kubectl(['create', '-f', join(directory, 'pods.json')])).err).toContain('pods "one" already exists');
  });

  test('exec: exit code, both streams, stdin, choice of container', async () => {
    const result = await kubectl(['exec', 'one', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(result).toMatchObject({ code: 7, out: 'out\n', err: expect.stringContaining('err\n') });
    expect((await kubectl(['exec', '-i', 'one', '--', 'cat'], 'through stdin')).out).toBe('through stdin');
    expect((await kubectl(['exec', 'two', '-c', 'other', '--', 'echo', 'yes'])).out).toBe('yes\n');
    expect((await kubectl(['exec', 'none', '--', 'true'])).err).toContain('pods "none" not found');
  });

  test('logs, of one container and followed', async () => {
    expect((await kubectl(['logs', 'one'])).out).toBe('I am main\n');
    expect((await kubectl(['logs', 'two', '-c', 'other', '--tail=1'])).out).toBe('I am other\n');
    await kubectl([
      'run',
      'ends',
      '--image=busybox:1',
      '--restart=Never',
      '--',
      'sh',
      '-c',
      'echo a; sleep 0.5; echo b',
    ]);
    await eventually(
      async () => (await kubectl(['get', 'pod', 'ends', '-o', 'jsonpath={.status.phase}'])).out === 'Running',
    );
    expect((await kubectl(['logs', '-f', 'ends'])).out).toBe('a\nb\n');
  });

  test('cp in and out', async () => {
    writeFileSync(join(directory, 'file'), 'content');
    expect((await kubectl(['cp', join(directory, 'file'), 'one:copied'])).code).toBe(0);
    expect((await kubectl(['exec', 'one', '--', 'cat', 'copied'])).out).toBe('content');
  });

  test('apply, patch, label, server-side apply', async () => {
    const file = join(directory, 'map.json');
    const write = (data: object): void => {
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data }));
    };
    write({ a: '1', b: '2' });
    expect((await kubectl(['apply', '-f', file])).out).toBe('configmap/m created\n');
    write({ a: '3' });
    expect((await kubectl(['apply', '-f', file])).out).toBe('configmap/m configured\n');
    expect((await kubectl(['get', 'cm', 'm', '-o', 'jsonpath={.data}'])).out).toBe('{"a":"3"}');
    expect((await kubectl(['patch', 'cm', 'm', '-p', '{"data":{"c":"4"}}'])).code).toBe(0);
    expect((await kubectl(['label', 'cm', 'm', 'l=v'])).out).toBe('configmap/m labeled\n');
    write({ d: '5' });
    expect((await kubectl(['apply', '--server-side', '--force-conflicts', '-f', file])).out).toBe(
      'configmap/m serverside-applied\n',
    );
  });

  test('namespaces, tokens, who am I', async () => {
    expect((await kubectl(['create', 'namespace', 'team'])).out).toBe('namespace/team created\n');
    expect((await kubectl(['create', 'token', 'default', '-n', 'team'])).out).toMatch(/^eyJ/);
    expect((await kubectl(['auth', 'whoami'])).out).toContain('cluster-sim:admin');
    expect((await kubectl(['auth', 'can-i', 'create', 'pods'])).out).toBe('yes\n');
    expect((await kubectl(['delete', 'namespace', 'team', '--timeout=10s'])).out).toBe('namespace "team" deleted\n');
  });

  test('delete waits until the pod is gone', async () => {
    expect((await kubectl(['delete', 'pod', 'one', 'two', 'ends', '--timeout=20s'])).code).toBe(0);
    expect((await kubectl(['get', 'pods'])).err).toContain('No resources found');
  });
});
