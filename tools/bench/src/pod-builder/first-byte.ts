import { type ExecClient, ExecStream } from '@danube/exec-stream';
import { once } from 'node:events';
import type { Benchmark, Contender, Figure } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { median } from '../statistics.ts';
import { runProgram } from '../programs/run-program.ts';
import { BenchCluster, idle, image, newName, secondsSince } from './bench-cluster.ts';
import { bound } from '../bound.ts';

const rounds = { quick: 5, normal: 20, full: 100 };
const PATIENCE_MS = 60_000;
const MAX_EXTRA_CALLS = 5;
const ECHO = ['echo', 'x'];

type Exec = (name: string) => Promise<number>;

/** P1: from the request for a pod to the first byte of a command in it. */
export const firstByte: Benchmark = {
  id: 'P1',
  group: 'pod-builder',
  title: 'from the request for a pod to the first byte of a command',
  run: async (bench) => {
    await using stack = new AsyncDisposableStack();
    const cluster = lazily(async () => stack.use(await BenchCluster.open()));
    const extraCalls: number[] = [];
    const common = {
      id: 'P1',
      rounds: rounds[bench.size],
      subject: contender('exec at once', async () => {
        const { calls, ...sample } = await execAtOnce(await cluster());
        extraCalls.push(calls - 1);
        return sample;
      }),
    };
    const against = (reference: Contender, atMost: number): Promise<Figure[]> =>
      bench.compare({ ...common, reference, metrics: { seconds: { atMost } } });
    const figures = [
      ...(await against(
        contender('exec once Ready', async () => execOnceReady(await cluster())),
        0.6,
      )),
      ...(await against(
        contender('kubectl run, wait, exec', async () => kubectlRun(await cluster())),
        0.6,
      )),
      ...(await against(
        contender('raw Job, kubectl wait, logs', async () => rawJob(await cluster())),
        1,
      )),
    ];
    if (extraCalls.length === 0) return figures;
    const calls = { id: 'P1', metric: 'refused execs for each pod', subject: common.subject.name };
    return [...figures, bound(calls, median(extraCalls), { atMost: MAX_EXTRA_CALLS })];
  },
};

const contender = (name: string, run: Contender['run']): Contender => ({ name, run });

const lazily = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};

const execAtOnce = async (cluster: BenchCluster): Promise<{ seconds: number; calls: number }> => {
  let calls = 0;
  const counting: ExecClient = {
    upgradeRequest: (...query) => {
      calls += 1;
      return cluster.client.upgradeRequest(...query);
    },
  };
  const seconds = await timed(cluster, execIn(cluster, counting));
  return { seconds, calls };
};

const execOnceReady = async (cluster: BenchCluster): Promise<{ seconds: number }> => {
  const exec = execIn(cluster, cluster.client);
  const seconds = await timed(cluster, async (name) => {
    const isReady = { timeoutMs: PATIENCE_MS };
    await cluster.client
      .pods(cluster.namespace)
      .waitFor(name, (pod) => pod?.status?.containerStatuses?.[0]?.ready === true, isReady);
    return exec(name);
  });
  return { seconds };
};

/** Creates a pod, waits for the first byte, and removes the pod. Gives the seconds from the one to the other. */
const timed = async (cluster: BenchCluster, exec: Exec): Promise<number> => {
  const pod = cluster.pod();
  const name = pod.metadata?.name ?? '';
  const startedMs = performance.now();
  await cluster.client.pods(cluster.namespace).create(pod);
  const endedMs = await exec(name);
  await cluster.deleteAndWait(name, 1);
  return (endedMs - startedMs) / 1000;
};

/** Runs a command; gives the moment of its first byte. */
const execIn =
  ({ namespace }: BenchCluster, client: ExecClient): Exec =>
  async (pod) => {
    const target = { namespace, pod, container: 'main' };
    await using session = new ExecStream(client).exec(target, ECHO, { retryForMs: PATIENCE_MS });
    session.stderr.resume();
    await once(session.stdout, 'data');
    const endedMs = performance.now();
    session.stdout.resume();
    const { code } = await session.result;
    if (code !== 0) throw new BenchError('ProgramFailed', `echo ended with ${code ?? 'a signal'}`);
    return endedMs;
  };

const kubectlRun = async (cluster: BenchCluster): Promise<{ seconds: number }> => {
  const name = newName();
  const kubectl = kubectlIn(cluster);
  const startedMs = performance.now();
  await kubectl('run', name, `--image=${image}`, '--restart=Never', '--command', '--', '/bin/sh', '-c', idle);
  await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
  await kubectl('exec', name, '--', ...ECHO);
  const seconds = secondsSince(startedMs);
  await cluster.deleteAndWait(name, 1);
  return { seconds };
};

const rawJob = async (cluster: BenchCluster): Promise<{ seconds: number }> => {
  const name = newName();
  const kubectl = kubectlIn(cluster);
  const startedMs = performance.now();
  await kubectl('create', 'job', name, `--image=${image}`, '--', ...ECHO);
  await kubectl('wait', '--for=condition=complete', `job/${name}`, '--timeout=60s');
  await kubectl('logs', `job/${name}`);
  const seconds = secondsSince(startedMs);
  await kubectl('delete', 'job', name, '--wait=true');
  return { seconds };
};

const kubectlIn =
  ({ namespace }: BenchCluster) =>
  async (...args: readonly string[]): Promise<string> => {
    try {
      return await runProgram(['kubectl', '-n', namespace, ...args]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new BenchError('ReferenceMissing', 'kubectl is not on PATH', { cause: error });
    }
  };
