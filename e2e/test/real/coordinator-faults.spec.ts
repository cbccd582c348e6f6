import { buildJobPod, coordinatorRbac, type JobPodOptions } from '@danube/pod-builder';
import { followJobPod } from '@danube/pod-builder/lifecycle';
import { jobResultSchema, type Pipeline } from '@danube/contract';
import type { KubeClient, Pod } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../support/cluster-command.ts';
import { killCoordinator } from '../support/kill-coordinator.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

const workerImage = 'danube.local/busybox:1';
const namespace = `coordinator-faults-${randomUUID().slice(0, 8)}`;

const logOf = async (client: KubeClient, pod: string): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of client.pods(namespace).logs(pod, { container: 'coordinator' })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const resultOf = (pod: Pod | undefined): unknown => {
  const statuses = [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])];
  const ended = statuses.find(({ name }) => name === 'coordinator')?.state?.terminated;
  return jobResultSchema.parse(JSON.parse(ended?.message ?? 'null'));
};

const isOver = (pod: Pod | undefined): boolean => ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '');

const describeFaults = (cluster: () => KubeClient): void => {
  beforeAll(async () => {
    const client = cluster();
    await client.namespaces().ensure(namespace);
    const [account, role, binding] = coordinatorRbac({ namespace });
    await client.serviceAccounts(namespace).create(account);
    await client.roles(namespace).create(role);
    await client.roleBindings(namespace).create(binding);
  });

  afterAll(async () => {
    await cluster().namespaces().delete(namespace);
  });

  const submit = async (pipeline: Omit<Pipeline, 'id' | 'workerImage'>, options: JobPodOptions): Promise<Pod> => {
    const job = { id: randomUUID().slice(0, 8), attempt: 1 };
    const pod = buildJobPod(job, { id: 'p', workerImage, ...pipeline }, { namespace, ...options });
    return cluster().pods(namespace).create(pod);
  };

  const logged = async (pod: string, text: string): Promise<void> => {
    const untilMs = Date.now() + 30_000;
    while (!(await logOf(cluster(), pod).catch(() => '')).includes(text)) {
      if (Date.now() > untilMs) throw new TypeError(`"${text}" was not logged within 30 s`);
      await sleep(50);
    }
  };

  it('goes on where it was, as a native sidecar that was killed', async () => {
    const steps = [
      { name: 'long', run: 'echo x >>ran; echo up; sleep 4; echo over' },
      { name: 'count', run: 'echo "ran $(wc -l <ran) time"' },
    ];
    const { metadata } = await submit({ steps }, { shape: 'sidecar' });
    const name = metadata!.name!;
    await logged(name, 'up\n');
    await killCoordinator(name);
    const pod = await cluster().pods(namespace).waitFor(name, isOver, { timeoutMs: 60_000 });
    expect(pod?.status?.phase).toBe('Succeeded');
    expect(pod?.status?.initContainerStatuses?.[0]?.restartCount).toBe(1);
    expect(resultOf(pod)).toMatchObject({ state: 'succeeded' });
    // Without an api-server nobody keeps what was said before: the log of the second begins at the beginning.
    expect(await logOf(cluster(), name)).toMatch(/up\nover\n[^]*ran 1 time\n/);
  });

  it('ends its job as CoordinatorLost when it is killed beside the worker, with its log kept', async () => {
    const pod = await submit({ steps: [{ name: 'long', run: 'echo up; sleep 60' }] }, {});
    await logged(pod.metadata!.name!, 'up\n');
    await killCoordinator(pod.metadata!.name!);
    const codes: (string | undefined)[] = [];
    for await (const { diagnosis } of followJobPod(cluster(), pod, { signal: AbortSignal.timeout(60_000) })) {
      codes.push('reason' in diagnosis ? diagnosis.reason.code : undefined);
    }
    expect(codes.at(-1)).toBe('CoordinatorLost');
    expect(await logOf(cluster(), pod.metadata!.name!)).toContain('up\n');
  });

  it('runs the job of examples/coordinator-alone.yaml, applied as it is but for the image of the worker', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'danube-alone-'));
    const file = join(dir, 'pod.yaml');
    const example = await readFile(join(import.meta.dirname, '../../../examples/coordinator-alone.yaml'), 'utf8');
    await writeFile(file, example.replaceAll('busybox:1.36', workerImage));
    const name = process.env['DANUBE_CLUSTER'] ?? '';
    const which = name === '' ? ['--existing'] : ['--name', name];
    const own = `${namespace}-alone`;
    await cluster().namespaces().ensure(own);
    try {
      const applied = await runCommand(...which, 'kubectl', '-n', own, 'apply', '-f', file);
      expect(applied).toMatchObject({ code: 0, stderr: '' });
      const pod = await cluster().pods(own).waitFor('job-alone', isOver, { timeoutMs: 60_000 });
      expect(pod?.status?.phase).toBe('Succeeded');
      expect(resultOf(pod)).toMatchObject({ jobId: 'alone', state: 'succeeded' });
      const log = await runCommand(...which, 'kubectl', '-n', own, 'logs', 'job-alone', '-c', 'coordinator');
      expect(log.stdout).toMatch(/^danube: job of pipeline alone\n[^]*hello\n[^]*bye\n[^]*danube: job succeeded$/);
    } finally {
      await cluster().namespaces().delete(own);
      await rm(dir, { recursive: true });
    }
  });
};

describe('a coordinator on a real node', () => {
  const cluster = useRealCluster();
  describe('when it is killed, or on its own', () => describeFaults(cluster));
});
