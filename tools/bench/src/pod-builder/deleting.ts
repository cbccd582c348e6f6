import { coordinatorRbac, buildJobPod, type JobPod } from '@danube/pod-builder';
import type { Benchmark, Contender } from '../benchmark.ts';
import { BenchCluster, idle, image, newName } from './bench-cluster.ts';
import { bound } from '../bound.ts';

const rounds = { quick: 3, normal: 15, full: 100 };
const MAX_SECONDS = 30;

/** P3: how long a job pod takes to go. */
export const deleting: Benchmark = {
  id: 'P3',
  group: 'pod-builder',
  title: 'from the deletion of a job pod until it is gone',
  run: async (bench) => {
    await using stack = new AsyncDisposableStack();
    let opened: Promise<BenchCluster> | undefined;
    const cluster = (): Promise<BenchCluster> => (opened ??= open().then((found) => stack.use(found)));
    const slowest = { seconds: 0 };
    const subject: Contender = {
      name: 'job pod, default grace',
      run: async () => {
        const seconds = await timeToGo(await cluster());
        slowest.seconds = Math.max(slowest.seconds, seconds);
        return { seconds };
      },
    };
    const reference: Contender = {
      name: 'the same with a worker that ignores TERM, 1 s of grace',
      run: async () => ({
        seconds: await timeToGo(await cluster(), {
          worker: "trap '' TERM; while :; do sleep 1; done",
          graceSeconds: 1,
        }),
      }),
    };
    const metrics = { seconds: { atMost: 1.1 } };
    const figures = await bench.compare({ id: 'P3', rounds: rounds[bench.size], subject, reference, metrics });
    if (slowest.seconds === 0) return figures;
    const longest = { id: 'P3', metric: 'longest, s', subject: subject.name };
    return [...figures, bound(longest, slowest.seconds, { atMost: MAX_SECONDS - 1 })];
  },
};

const open = async (): Promise<BenchCluster> => {
  const cluster = await BenchCluster.open();
  const { client, namespace } = cluster;
  const [account, role, binding] = coordinatorRbac({ namespace });
  await client.serviceAccounts(namespace).create(account);
  await client.roles(namespace).create(role);
  await client.roleBindings(namespace).create(binding);
  return cluster;
};

const timeToGo = async (
  cluster: BenchCluster,
  { worker, graceSeconds }: { readonly worker?: string; readonly graceSeconds?: number } = {},
): Promise<number> => {
  const { client, namespace } = cluster;
  const pod = stubbed(namespace);
  if (worker !== undefined) containerOf(pod, 'worker').command = ['/bin/sh', '-c', worker];
  const pods = client.pods(namespace);
  await pods.create(pod);
  const isReady = { timeoutMs: 60_000 };
  await pods.waitFor(
    pod.metadata.name,
    (found) => found?.status?.containerStatuses?.every(({ ready }) => ready) === true,
    isReady,
  );
  return cluster.deleteAndWait(pod.metadata.name, graceSeconds);
};

/** A job pod whose coordinator only waits for its end. */
const stubbed = (namespace: string): JobPod => {
  const pipeline = { id: 'bench', workerImage: image, steps: [{ name: 'one', run: 'true' }] };
  const pod = buildJobPod({ id: newName(), attempt: 1 }, pipeline, { namespace, coordinatorImage: image });
  containerOf(pod, 'coordinator').command = ['/bin/sh', '-c', idle];
  return pod;
};

const containerOf = (pod: JobPod, name: string): JobPod['spec']['containers'][number] => {
  const found = pod.spec.containers.find((container) => container.name === name);
  if (found === undefined) throw new RangeError(`the job pod has no container ${name}`);
  return found;
};
