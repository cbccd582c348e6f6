import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CoreV1Api, Exec, KubeConfig, Log, Watch, type V1Pod, type V1Status } from '@kubernetes/client-node';
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
});
