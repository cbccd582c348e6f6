import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { BenchError } from '../errors.ts';
import { BenchCluster } from '../pod-builder/bench-cluster.ts';
import { goReference } from '../programs/go-reference.ts';
import { nodeProgram } from '../programs/run-program.ts';
import { median, percentile } from '../statistics.ts';

const changes = { quick: 30, normal: 150, full: 1000 };
const EVERY_MS = 60;
/** For what is still on its way when the last change was made. */
const PATIENCE_MS = 5000;

const id = 'C6';
const subject = 'k8s-client';
const reference = 'client-go';

/** C6: from a change of a pod to the handler, of two informers that follow the same pod at the same time. */
export const arrival: Benchmark = {
  id,
  group: 'k8s-client',
  title: 'from the change of a pod to the handler, on a real node',
  run: async (bench) => {
    try {
      const program = await goReference(bench.progress);
      await using cluster = await BenchCluster.open();
      return await follow(cluster, program, changes[bench.size]);
    } catch (error) {
      if (!(error instanceof BenchError && error.code === 'ReferenceMissing')) throw error;
      const nothing = { ratio: null, interval: null, target: '<= 1.2' };
      return [
        { id, metric: '99 % of delays', subject, reference, ...nothing, verdict: 'not-measured', why: error.message },
      ];
    }
  },
};

const follow = async (cluster: BenchCluster, program: string, count: number): Promise<Figure[]> => {
  const env = { BENCH_NAMESPACE: cluster.namespace };
  await using own = await startFollower(nodeProgram(join(import.meta.dirname, 'arrivals-danube.ts')), env);
  await using other = await startFollower([program, 'arrivals'], env);
  const sentMs = await changePod(cluster, count);
  for (const untilMs = performance.now() + PATIENCE_MS; performance.now() < untilMs;) {
    if ([own, other].every(({ atMs }) => [...sentMs.keys()].every((version) => atMs.has(version)))) break;
    await sleep(20);
  }
  const [ownMs, otherMs] = [delays(own.atMs, sentMs), delays(other.atMs, sentMs)];
  const [ownTail, otherTail] = [tail(ownMs), tail(otherMs)];
  const [ownMiddle, otherMiddle] = [median(ownMs), median(otherMs)];
  const figure = (metric: string) => ({ id, metric, subject, reference });
  return [
    bound(
      { ...figure('changes not heard of'), values: [count - ownMs.length, count - otherMs.length] },
      count - ownMs.length,
      {
        atMost: 0,
      },
    ),
    bound(
      { ...figure('median delay, ms beyond that of the reference'), values: [ownMiddle, otherMiddle] },
      ownMiddle - otherMiddle,
      {
        atMost: 1,
      },
    ),
    bound({ ...figure('99 % of delays, ms, as a ratio'), values: [ownTail, otherTail] }, ownTail / otherTail, {
      atMost: 1.2,
    }),
  ];
};

/** Changes a pod that no scheduler takes, again and again. Gives the moment before each request, by the version it made. */
const changePod = async (cluster: BenchCluster, count: number): Promise<Map<string, number>> => {
  const pods = cluster.client.pods(cluster.namespace);
  const { spec, ...rest } = cluster.pod();
  const name = (
    await pods.create({ ...rest, spec: { ...spec, containers: spec?.containers ?? [], schedulerName: 'none' } })
  ).metadata?.name;
  const sentMs = new Map<string, number>();
  for (let change = 0; change < count; change += 1) {
    await sleep(EVERY_MS);
    const nowMs = performance.timeOrigin + performance.now();
    const { metadata } = await pods.patch(name ?? '', { metadata: { annotations: { change: String(change) } } });
    sentMs.set(metadata?.resourceVersion ?? '', nowMs);
  }
  return sentMs;
};

type Follower = AsyncDisposable & { readonly atMs: ReadonlyMap<string, number> };

const startFollower = async (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Follower> => {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const atMs = new Map<string, number>();
  const synced = Promise.withResolvers<undefined>();
  child.once('exit', () => {
    synced.reject(new BenchError('ProgramFailed', `${command} ended before it was in sync`));
  });
  createInterface(child.stdout).on('line', (line) => {
    const said = JSON.parse(line) as { synced?: true; version?: string; atMs?: number };
    if (said.synced) synced.resolve(undefined);
    else atMs.set(said.version ?? '', said.atMs ?? Number.NaN);
  });
  await synced.promise;
  return {
    atMs,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
};

const delays = (atMs: ReadonlyMap<string, number>, sentMs: ReadonlyMap<string, number>): number[] =>
  [...sentMs].flatMap(([version, sent]) => {
    const at = atMs.get(version);
    return at === undefined ? [] : [at - sent];
  });

/** The delay that 99 of 100 do not exceed. */
const tail = (values: readonly number[]): number => percentile(values, 0.99);
