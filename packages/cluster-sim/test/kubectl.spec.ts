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
  const start = (args: readonly string[], input = '') => {
    const child = spawn('kubectl', args, {
      env: { ...process.env, KUBECONFIG: join(directory, 'config'), HOME: directory },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, out, err })));
    child.stdin.end(input);
    return { ended, out: () => out, stop: () => child.kill() };
  };
  const kubectl = (args: readonly string[], input = ''): Promise<Result> => start(args, input).ended;

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
      async () => (await kubectl(['get', 'pod', 'ends', '-o', 'jsonpath={.status.phase}'])).out !== 'Pending',
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

  test('server-side apply names the manager that is in the way', async () => {
    const map = (data: object) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared' }, data });
    const apply = (manager: string, data: object, ...more: string[]) =>
      kubectl(['apply', '--server-side', `--field-manager=${manager}`, ...more, '-f', '-'], map(data));
    expect((await apply('one', { a: '1' })).code).toBe(0);
    const refused = await apply('two', { a: '2' });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('conflict with "one": .data.a');
    expect((await apply('two', { a: '2' }, '--force-conflicts')).code).toBe(0);
    expect((await kubectl(['get', 'cm', 'shared', '-o', 'jsonpath={.data.a}'])).out).toBe('2');
    expect((await kubectl(['diff', '--server-side', '--field-manager=two', '-f', '-'], map({ a: '2' }))).code).toBe(0);
  });

  test('get in pages, by label and field, and watched', async () => {
    for (const name of ['w1', 'w2', 'w3']) await kubectl(['create', 'configmap', name, '--from-literal=n=1']);
    await kubectl(['label', 'configmap', 'w1', 'w3', 'odd=yes']);
    expect((await kubectl(['get', 'cm', '--chunk-size=1', '-l', 'odd', '-o', 'name'])).out).toBe(
      'configmap/w1\nconfigmap/w3\n',
    );
    expect((await kubectl(['get', 'cm', '--field-selector=metadata.name=w2', '-o', 'name'])).out).toBe(
      'configmap/w2\n',
    );
    const watching = start(['get', 'cm', '-l', 'odd', '-o', 'name', '--watch']);
    await eventually(() => watching.out() === 'configmap/w1\nconfigmap/w3\n');
    await kubectl(['label', 'configmap', 'w2', 'odd=yes']);
    await kubectl(['delete', 'cm', 'w1']);
    await eventually(() => watching.out() === 'configmap/w1\nconfigmap/w3\nconfigmap/w2\nconfigmap/w1\n');
    watching.stop();
    await watching.ended;
  });

  test('scale, set image, rollout pause', async () => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    expect((await kubectl(['create', '-f', '-'], JSON.stringify(web))).code).toBe(0);
    expect((await kubectl(['scale', 'deployment/web', '--replicas=5'])).out).toBe('deployment.apps/web scaled\n');
    expect((await kubectl(['set', 'image', 'deployment/web', 'a=a:2'])).out).toBe(
      'deployment.apps/web image updated\n',
    );
    expect((await kubectl(['rollout', 'pause', 'deployment/web'])).out).toBe('deployment.apps/web paused\n');
    const path = 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.spec.paused}';
    expect((await kubectl(['get', 'deployment', 'web', '-o', path])).out).toBe('5 a:2 true');
  });

  test('kinds of their own, as soon as they are defined', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Boat', plural: 'boats', singular: 'boat', shortNames: ['bt'] },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    await kubectl(['create', '-f', '-'], JSON.stringify(definition));
    expect((await kubectl(['wait', '--for=condition=Established', 'crd/boats.example.com', '--timeout=5s'])).code).toBe(
      0,
    );
    const boat = { apiVersion: 'example.com/v1', kind: 'Boat', metadata: { name: 'anna' }, spec: { length: 9 } };
    expect((await kubectl(['apply', '-f', '-'], JSON.stringify(boat))).out).toBe('boat.example.com/anna created\n');
    expect((await kubectl(['get', 'bt', 'anna', '-o', 'jsonpath={.spec.length}'])).out).toBe('9');
    expect((await kubectl(['api-resources', '--api-group=example.com', '-o', 'name'])).out).toBe('boats.example.com\n');
    expect((await kubectl(['delete', 'crd', 'boats.example.com'])).code).toBe(0);
    expect((await kubectl(['get', 'boats'])).err).toMatch(/could not find|doesn't have a resource type/);
  });

  test('who one is can be another', async () => {
    expect((await kubectl(['auth', 'whoami', '--as=jane', '--as-group=sailors'])).out).toMatch(
      /Username +jane\nGroups +\[sailors/,
    );
  });

  test('delete waits until the pod is gone', async () => {
    expect((await kubectl(['delete', 'pod', 'one', 'two', 'ends', '--timeout=20s'])).code).toBe(0);
    expect((await kubectl(['get', 'pods'])).err).toContain('No resources found');
  });
});
