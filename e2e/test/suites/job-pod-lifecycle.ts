import type { Pipeline, ReasonCode } from '@danube/contract';
import type { KubeClient, Pod } from '@danube/k8s-client';
import { buildJobPod, coordinatorRbac, type JobPod, type JobPodOptions } from '@danube/pod-builder';
import {
  collectOrphans,
  createJobPod,
  deleteJobPod,
  type DiagnoseLimits,
  type Diagnosis,
  followJobPod,
  type JobPodEvent,
  PodNotReadyError,
  waitForReady,
  watchJobPods,
} from '@danube/pod-builder/lifecycle';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';

/** What the suite needs of the cluster it runs on. */
export type LifecycleCluster = {
  readonly client: () => KubeClient;
  /** An image whose `sh` and `sleep` work. */
  readonly image: string;
  /** Kinds of trouble that this cluster cannot make, and why not. */
  readonly cannot?: readonly (
    'out-of-memory' | 'workspace-full' | 'unschedulable' | 'startup-probes' | 'image-store'
  )[];
};

type Change = (pod: JobPod) => void;

/**
 * The contract of `@danube/pod-builder/lifecycle`, on whatever cluster it is given: the simulator and a real node have
 * to agree.
 */
export const describeJobPodLifecycle = ({ client, image, cannot = [] }: LifecycleCluster): void => {
  const namespace = `pod-lifecycle-${randomUUID().slice(0, 8)}`;
  const pipeline: Pipeline = { id: 'p', workerImage: image, steps: [{ name: 's', run: 'true' }] };
  const options: JobPodOptions = { namespace, coordinatorImage: image, terminationGraceSeconds: 2 };
  const newJob = () => ({ id: randomUUID().slice(0, 8), attempt: 1 });

  /** A job pod whose coordinator runs `script` in place of the real one. */
  const stubPod = (script: string, change: Change = () => undefined, job = newJob()): JobPod => {
    const pod = buildJobPod(job, pipeline, options);
    pod.spec.containers[0]!.command = ['/bin/sh', '-c', script];
    change(pod);
    return pod;
  };
  const idle = "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done";
  const refOf = ({ metadata }: Pod) => ({ namespace, name: metadata!.name!, uid: metadata!.uid! });

  const untilFinal = async (pod: Pod, limits: Partial<DiagnoseLimits> = {}): Promise<Diagnosis> => {
    let last: Diagnosis | undefined;
    for await (const { diagnosis } of followJobPod(client(), pod, { limits, signal: AbortSignal.timeout(100_000) })) {
      last = diagnosis;
    }
    return last!;
  };

  beforeAll(async () => {
    await client().namespaces().ensure(namespace);
    const [account, role, binding] = coordinatorRbac({ namespace });
    await client().serviceAccounts(namespace).create(account);
    await client().roles(namespace).create(role);
    await client().roleBindings(namespace).create(binding);
  });

  afterAll(async () => {
    await client().namespaces().delete(namespace);
  });

  describe('createJobPod', () => {
    it('makes one pod however often it is called', async () => {
      const pod = stubPod(idle);
      const made = await Promise.all([1, 2, 3].map(() => createJobPod(client(), pod)));
      expect(new Set(made.map(({ metadata }) => metadata.uid)).size).toBe(1);
      await deleteJobPod(client(), refOf(made[0]!));
    });

    it('does not take the pod of another job for its own', async () => {
      const job = newJob();
      const first = await createJobPod(client(), stubPod(idle, undefined, job));
      const other = buildJobPod(job, { ...pipeline, steps: [{ name: 'other', run: 'false' }] }, options);
      await expect(createJobPod(client(), other)).rejects.toMatchObject({ code: 'PodNameTaken' });
      await deleteJobPod(client(), refOf(first));
    });

    it('stores nothing in a dry run', async () => {
      const pod = stubPod(idle);
      await createJobPod(client(), pod, { dryRun: true });
      await expect(client().pods(namespace).get(pod.metadata.name)).rejects.toMatchObject({ code: 'NotFound' });
    });
  });

  describe('waitForReady', () => {
    it('tells the progress on the way, and resolves when both containers are ready', async () => {
      const stages: string[] = [];
      const made = await createJobPod(client(), stubPod(idle));
      const ready = await waitForReady(client(), made, {
        timeoutMs: 30_000,
        onProgress: ({ progress }) => stages.push(progress.stage),
      });
      expect(ready.status!.containerStatuses!.map(({ ready: isReady }) => isReady)).toEqual([true, true]);
      expect(stages.at(-1)).toBe('ready');
      await deleteJobPod(client(), refOf(made));
    });

    it('fails as soon as it is clear that it will not be', async () => {
      const made = await createJobPod(
        client(),
        stubPod(idle, (pod) => (pod.spec.containers[1]!.image = 'UPPER//x')),
      );
      const waited = waitForReady(client(), made, { timeoutMs: 30_000 });
      await expect(waited).rejects.toBeInstanceOf(PodNotReadyError);
      await expect(waited).rejects.toMatchObject({ reason: { code: 'InvalidImage' } });
      await deleteJobPod(client(), refOf(made));
    });
  });

  describe('diagnose, on pods that go wrong', () => {
    const secretEnv = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }];
    const cases: { name: string; code: ReasonCode; row: string; change: Change; needs?: string; script?: string }[] = [
      {
        name: 'an image that cannot be pulled, in less than 60 s',
        code: 'ImagePullFailed',
        row: 'image-registry-unreachable',
        change: (pod) => (pod.spec.containers[1]!.image = 'registry.invalid/x:1'),
      },
      {
        name: 'a malformed image name',
        code: 'InvalidImage',
        row: 'image-name-invalid',
        change: (pod) => (pod.spec.containers[1]!.image = 'UPPER//x'),
      },
      {
        name: 'a Secret that does not exist',
        code: 'ContainerConfigError',
        row: 'container-config',
        change: (pod) => pod.spec.containers[1]!.env!.push(...secretEnv),
      },
      {
        name: 'an image without the command',
        code: 'InvalidImage',
        row: 'worker-start',
        change: (pod) => (pod.spec.containers[1]!.command = ['/no/such/program']),
      },
      {
        name: 'an image that is not there and may not be pulled',
        code: 'ImagePullFailed',
        row: 'image-never-pulled',
        change: (pod) => Object.assign(pod.spec.containers[1]!, { image: 'nowhere/x:1', imagePullPolicy: 'Never' }),
        needs: 'image-store',
      },
      {
        name: 'a volume of a Secret that does not exist',
        code: 'ContainerConfigError',
        row: 'volume-object-missing',
        change: (pod) => {
          pod.spec.volumes!.push({ name: 'keys', secret: { secretName: 'none' } });
          pod.spec.containers[1]!.volumeMounts!.push({ name: 'keys', mountPath: '/keys' });
        },
      },
      {
        name: 'a coordinator image that cannot run',
        code: 'ContainerConfigError',
        row: 'coordinator-start',
        change: (pod) => (pod.spec.containers[0]!.command = ['/no/such/program']),
      },
      {
        name: 'a worker that writes more beside its volumes than it may',
        code: 'WorkspaceFull',
        row: 'workspace-full',
        needs: 'workspace-full',
        change: (pod) => {
          const worker = pod.spec.containers[1]!;
          worker.command = ['/bin/sh', '-c', 'dd if=/dev/zero of=/tmp/big bs=1M count=16; exec sleep 600'];
          worker.resources = { limits: { 'ephemeral-storage': '4Mi' } };
        },
      },
      {
        name: 'a coordinator that ends without a result',
        code: 'CoordinatorLost',
        row: 'coordinator-lost',
        script: 'exit 0',
        change: () => undefined,
      },
      {
        name: 'a coordinator that uses too much memory',
        code: 'CoordinatorLost',
        row: 'coordinator-out-of-memory',
        needs: 'out-of-memory',
        script: 'exec tail /dev/zero',
        change: (pod) => (pod.spec.containers[0]!.resources = { limits: { memory: '32Mi' } }),
      },
      {
        name: 'a worker that ends under its job',
        code: 'StreamLost',
        row: 'worker-lost',
        change: (pod) => (pod.spec.containers[1]!.command = ['/bin/sh', '-c', 'exit 0']),
      },
      {
        name: 'a pod that runs into its deadline',
        code: 'JobTimeout',
        row: 'deadline',
        change: (pod) => (pod.spec.activeDeadlineSeconds = 3),
      },
      {
        name: 'a request that no node can satisfy',
        code: 'Unschedulable',
        row: 'unschedulable',
        needs: 'unschedulable',
        change: (pod) => (pod.spec.containers[1]!.resources = { requests: { cpu: '9000' } }),
      },
      {
        name: 'a worker whose PID 1 uses too much memory',
        code: 'OutOfMemory',
        row: 'worker-out-of-memory',
        needs: 'out-of-memory',
        change: (pod) => {
          const worker = pod.spec.containers[1]!;
          worker.command = ['/bin/sh', '-c', 'sleep 1; exec tail /dev/zero'];
          worker.resources = { limits: { memory: '32Mi' } };
        },
      },
      {
        name: 'a workspace that overflows',
        code: 'WorkspaceFull',
        row: 'workspace-full',
        needs: 'workspace-full',
        change: (pod) => {
          pod.spec.volumes!.find(({ name }) => name === 'workspace')!.emptyDir = { sizeLimit: '4Mi' };
          pod.spec.containers[1]!.command = [
            '/bin/sh',
            '-c',
            'dd if=/dev/zero of=/workspace/big bs=1M count=16; exec sleep 600',
          ];
        },
      },
    ];

    it.each(cases.filter(({ needs }) => !cannot.some((kind) => kind === needs)))(
      'names $name',
      async ({ code, row, change, script = idle }) => {
        const made = await createJobPod(client(), stubPod(script, change));
        const startedMs = Date.now();
        const diagnosis = await untilFinal(made, { unschedulableMs: 2_000, reportMs: 2_000, missingObjectMs: 2_000 });
        expect(diagnosis).toMatchObject({ state: 'failed', row, reason: { code } });
        if (code === 'ImagePullFailed') expect(Date.now() - startedMs).toBeLessThan(60_000);
        await deleteJobPod(client(), refOf(made));
      },
      120_000,
    );

    it('names a deletion by hand', async () => {
      const made = await createJobPod(client(), stubPod(idle));
      await waitForReady(client(), made, { timeoutMs: 30_000 });
      const final = untilFinal(made);
      await client().pods(namespace).delete(made.metadata.name, { gracePeriodSeconds: 1 });
      expect(await final).toMatchObject({ state: 'failed', row: 'deleted', reason: { code: 'PodDeleted' } });
    }, 60_000);

    it('names an eviction through the API, as a drain makes it', async () => {
      const made = await createJobPod(client(), stubPod(idle));
      await waitForReady(client(), made, { timeoutMs: 30_000 });
      const final = untilFinal(made);
      await client().pods(namespace).evict(made.metadata.name);
      expect(await final).toMatchObject({ state: 'failed', row: 'disruption', reason: { code: 'PodEvicted' } });
    }, 60_000);

    it('takes the result that the coordinator left', async () => {
      const job = newJob();
      const left = JSON.stringify({ version: 1, jobId: job.id, state: 'succeeded', lastSeq: 3 });
      const made = await createJobPod(client(), stubPod(`echo '${left}' >"$DANUBE_TERMINATION_LOG"`, undefined, job));
      expect(await untilFinal(made)).toMatchObject({ state: 'finished', result: { state: 'succeeded', lastSeq: 3 } });
      await deleteJobPod(client(), refOf(made));
    });
  });

  describe('a pod with native sidecars', () => {
    const sidecarPod = (script: string, workerSeconds: number) => {
      const job = newJob();
      const pod = buildJobPod(job, pipeline, { ...options, shape: 'sidecar' });
      const left = JSON.stringify({ version: 1, jobId: job.id, state: 'succeeded', lastSeq: 1 });
      pod.spec.initContainers![0]!.command = ['/bin/sh', '-c', script.replace('RESULT', left)];
      pod.spec.containers[0]!.command = ['/bin/sh', '-c', `sleep ${workerSeconds}`];
      return pod;
    };
    const report = `echo 'RESULT' >"$DANUBE_TERMINATION_LOG"; ${idle}`;

    it('takes the result of a coordinator that is told to end after the worker', async () => {
      const made = await createJobPod(client(), sidecarPod(report, 3));
      expect(await untilFinal(made)).toMatchObject({ state: 'finished', result: { state: 'succeeded' } });
      await deleteJobPod(client(), refOf(made));
    }, 60_000);

    it('lets a coordinator that died come back and report', async () => {
      const diesOnce = `if [ ! -e "$DANUBE_CONTROL/came" ]; then touch "$DANUBE_CONTROL/came"; exit 9; fi; ${report}`;
      const made = await createJobPod(client(), sidecarPod(diesOnce, 10));
      expect(await untilFinal(made)).toMatchObject({ state: 'finished', result: { state: 'succeeded' } });
      const pod = await client().pods(namespace).get(made.metadata.name);
      expect(pod.status!.initContainerStatuses![0]!.restartCount).toBeGreaterThan(0);
      await deleteJobPod(client(), refOf(made));
    }, 60_000);

    const itProbes = cannot.includes('startup-probes') ? () => undefined : it;
    itProbes(
      'starts the worker only when a service is ready',
      async () => {
        const service = {
          name: 'db',
          image,
          command: ['/bin/sh', '-c', `sleep 3; touch /tmp/ready; ${idle}`],
          ready: { command: ['test', '-e', '/tmp/ready'] },
        };
        const pod = buildJobPod(newJob(), pipeline, { ...options, services: [service] });
        pod.spec.containers[0]!.command = ['/bin/sh', '-c', idle];
        const made = await createJobPod(client(), pod);
        const ready = await waitForReady(client(), made, { timeoutMs: 40_000 });
        const [db] = ready.status!.initContainerStatuses!;
        const worker = ready.status!.containerStatuses!.find(({ name }) => name === 'worker')!;
        const waitedMs = Date.parse(worker.state!.running!.startedAt!) - Date.parse(db!.state!.running!.startedAt!);
        expect(waitedMs).toBeGreaterThanOrEqual(3_000);
        await deleteJobPod(client(), refOf(made));
      },
      60_000,
    );
  });

  describe('deleteJobPod', () => {
    it('waits until the pod is gone, and may be called again', async () => {
      const made = await createJobPod(client(), stubPod(idle));
      await deleteJobPod(client(), refOf(made));
      await expect(client().pods(namespace).get(made.metadata.name)).rejects.toMatchObject({ code: 'NotFound' });
      await deleteJobPod(client(), refOf(made));
    });

    it('leaves another pod of the same name alone', async () => {
      const made = await createJobPod(client(), stubPod(idle));
      await deleteJobPod(client(), { ...refOf(made), uid: randomUUID() });
      const still = await client().pods(namespace).get(made.metadata.name);
      expect(still.metadata).toMatchObject({ uid: made.metadata.uid });
      expect(still.metadata!.deletionTimestamp).toBeUndefined();
      await deleteJobPod(client(), refOf(made));
    });
  });

  describe('watchJobPods', () => {
    it('tells what is there, that this was all, and every change after it', async () => {
      const before = await createJobPod(client(), stubPod(idle));
      const stop = new AbortController();
      const told: JobPodEvent[] = [];
      let synced = (): void => undefined;
      const watching = (async () => {
        for await (const event of watchJobPods(client(), { namespace, signal: stop.signal })) {
          told.push(event);
          if (event.type === 'synced') synced();
          if (event.type === 'deleted') stop.abort();
        }
      })();
      await new Promise<void>((resolve) => (synced = resolve));
      const foreign = { metadata: { name: 'foreign', namespace }, spec: before.spec! };
      await client()
        .pods(namespace)
        .create({ ...foreign, spec: { ...foreign.spec, nodeName: undefined! } });
      await deleteJobPod(client(), refOf(before));
      await watching;
      const names = told.map(({ type, pod }) => `${type} ${pod?.metadata?.name ?? ''}`);
      expect(names.indexOf(`applied ${before.metadata.name}`)).toBeLessThan(names.indexOf('synced '));
      expect(names.at(-1)).toBe(`deleted ${before.metadata.name}`);
      expect(names).not.toContain('applied foreign');
      await client().pods(namespace).delete('foreign', { gracePeriodSeconds: 1 });
    }, 60_000);
  });

  describe('collectOrphans', () => {
    it('deletes pods whose job is unknown, and nothing that is wanted or not its own', async () => {
      const [wantedJob, lostJob] = [newJob(), newJob()];
      const wanted = await createJobPod(client(), stubPod(idle, undefined, wantedJob));
      const lost = await createJobPod(client(), stubPod(idle, undefined, lostJob));
      const others = await Promise.all(
        [
          // Another Danube's, a pod renamed by hand, and one that only borrows a label.
          (pod: JobPod) => (pod.metadata.labels['danube.dev/owner'] = 'another'),
          (pod: JobPod) => (pod.metadata.labels['job-id'] = 'something-else'),
          (pod: JobPod) => delete pod.metadata.labels['app.kubernetes.io/managed-by'],
        ].map((change) => createJobPod(client(), stubPod(idle, change))),
      );
      const ask = { namespace, wanted: () => [wantedJob] };

      const planned = await collectOrphans(client(), { ...ask, dryRun: true });
      expect(planned).toEqual({ deleted: [refOf(lost)], failed: [], kept: 1 });
      const done = await collectOrphans(client(), ask);
      expect(done).toEqual({ deleted: [refOf(lost)], failed: [], kept: 1 });

      const left = await client().pods(namespace).list();
      const names = left.items
        .filter(({ metadata }) => !metadata!.deletionTimestamp)
        .map(({ metadata }) => metadata!.name);
      expect(names).toEqual(expect.arrayContaining([wanted, ...others].map(({ metadata }) => metadata.name)));
      expect(names).not.toContain(lost.metadata.name);
      await Promise.all([wanted, ...others].map((pod) => deleteJobPod(client(), refOf(pod))));
    }, 60_000);

    it('deletes nothing when it is not known what is wanted', async () => {
      const made = await createJobPod(client(), stubPod(idle));
      const wanted = () => Promise.reject(new TypeError('the store is away'));
      await expect(collectOrphans(client(), { namespace, wanted })).rejects.toThrow('the store is away');
      expect((await client().pods(namespace).get(made.metadata.name)).metadata!.deletionTimestamp).toBeUndefined();
      await deleteJobPod(client(), refOf(made));
    });
  });
};
