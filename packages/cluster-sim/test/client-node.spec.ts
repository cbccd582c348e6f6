import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
  type V1Pod,
  type V1Status,
} from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { eventually } from './support/api.ts';

describe('unmodified @kubernetes/client-node', () => {
  let sim: ClusterSim;
  const config = new KubeConfig();
  let core: CoreV1Api;
  beforeAll(async () => {
    sim = await startClusterSim();
    config.loadFromString(sim.kubeconfig());
    core = config.makeApiClient(CoreV1Api);
  });
  afterAll(() => sim.close());

  const namespace = 'default';
  // the generated classes are also the types of plain objects
  /* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
  const pod = (name: string, script: string): V1Pod => ({
    metadata: { name, labels: { app: 'danube' } },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'worker', image: 'busybox:1', command: ['sh', '-c', script] }],
    },
  });

  test('create, watch, exec, log, delete', async () => {
    const seen: string[] = [];
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      { labelSelector: 'app=danube' },
      (type, object: V1Pod) => seen.push(`${type} ${object.status?.phase ?? ''}`),
      () => undefined,
    );
    await core.createNamespacedPod({
      namespace,
      body: pod('job-1', "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"),
    });
    await eventually(
      async () => (await core.readNamespacedPod({ namespace, name: 'job-1' })).status?.phase === 'Running',
    );

    const stdout = new PassThrough();
    const output = text(stdout);
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(namespace, 'job-1', 'worker', ['sh', '-c', 'echo hello; exit 5'], stdout, null, null, false, resolve)
        .catch(reject);
    });
    stdout.end();
    expect(await output).toBe('hello\n');
    expect(status.details?.causes?.[0]).toMatchObject({ reason: 'ExitCode', message: '5' });

    const log = new PassThrough();
    const logged = text(log);
    await new Log(config).log(namespace, 'job-1', 'worker', log, { tailLines: 1 });
    expect(await logged).toBe('up\n');

    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=danube' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['job-1']);
    await core.deleteNamespacedPod({ namespace, name: 'job-1' });
    await eventually(() => seen.includes('DELETED Succeeded'));
    controller.abort();
    expect(seen[0]).toBe('ADDED Pending');
    await expect(core.readNamespacedPod({ namespace, name: 'job-1' })).rejects.toMatchObject({ code: 404 });
  });

  test('patch, server-side apply and lists in pages', async () => {
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'm' }, data: { a: '1' } } });
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    const patched = await core.patchNamespacedConfigMap({ namespace, name: 'm', body: { data: { b: '2' } } }, merge);
    expect(patched.data).toEqual({ a: '1', b: '2' });
    const apply = (fieldManager: string) =>
      core.patchNamespacedConfigMap(
        {
          namespace,
          name: 'm',
          fieldManager,
          body: { apiVersion: 'v1', kind: 'ConfigMap', data: { c: fieldManager } },
        },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
      );
    expect((await apply('one')).data).toEqual({ a: '1', b: '2', c: 'one' });
    await expect(apply('two')).rejects.toMatchObject({ code: 409 });
    const first = await core.listNamespacedConfigMap({ namespace, limit: 1 });
    const rest = await core.listNamespacedConfigMap({ namespace, _continue: first.metadata?._continue ?? '' });
    expect([...first.items, ...rest.items].map(({ metadata }) => metadata?.name)).toEqual(['kube-root-ca.crt', 'm']);
  });

  test('its informer follows', async () => {
    const seen: string[] = [];
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const informer = makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace }));
    for (const type of ['add', 'update', 'delete'] as const) {
      informer.on(type, ({ metadata }) => seen.push(`${type} ${metadata?.name ?? ''}`));
    }
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'seen' } } });
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
    await eventually(() => seen.includes('delete seen'));
    await informer.stop();
    expect(seen.filter((line) => line.endsWith(' seen'))).toEqual(['add seen', 'delete seen']);
  });
});
