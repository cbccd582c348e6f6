import { ExecStream } from '@danube/exec-stream';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { repeat } from '../programs/measure.ts';
import { type PodPlace, startPodPlace } from './exec-pod-place.ts';
import { kubectl } from './kubectl.ts';
import { withPlace } from './with-place.ts';

const sizes = { quick: 200, normal: 1000, full: 5000 };
const CONCURRENCY = 16;
const KUBECTL_SHARE = 10;
const ROUNDS = 3;
const MIB = 2 ** 20;

/** E9: many commands at a time, each with an end of its own: an exit code, a signal, or 1 MiB of output. */
export const manyExecs: Benchmark = {
  id: 'E9',
  group: 'exec-stream',
  title: `execs on a real node, ${CONCURRENCY} at a time: how many a second, and whether one is wrong`,
  run: (bench) =>
    withPlace({ id: 'E9', metric: 'execsPerSecond', start: () => startPodPlace(bench.progress) }, (place) =>
      all(bench, place),
    ),
};

const all = async (bench: Bench, place: PodPlace): Promise<Figure[]> => {
  const total = sizes[bench.size];
  const wrong: string[] = [];
  const subject = contender('exec-stream', total / ROUNDS, async (index) => {
    const fault = await ours(place, index);
    if (fault !== undefined) wrong.push(fault);
  });
  const reference = contender('kubectl', total / ROUNDS / KUBECTL_SHARE, (index) => theirs(place, index));
  const figures = await bench.compare({
    ...{ id: 'E9', rounds: ROUNDS, subject, reference },
    metrics: { execsPerSecond: { atLeast: 2 } },
  });
  for (const fault of wrong) bench.progress(`E9: ${fault}`);
  const figure = {
    id: 'E9',
    metric: `wrong, lost or cut of ${Math.ceil(total / ROUNDS) * ROUNDS}`,
    subject: 'exec-stream',
  };
  return [...figures, bound(figure, wrong.length, { atMost: 0 })];
};

const contender = (name: string, total: number, exec: (index: number) => Promise<void>): Contender => ({
  name,
  run: async () => {
    let index = 0;
    const startedMs = performance.now();
    const count = await repeat(Math.ceil(total), CONCURRENCY, () => exec(index++));
    return { execsPerSecond: (count / (performance.now() - startedMs)) * 1000 };
  },
});

/** What the command of this number does. */
const script = (index: number): string => {
  if (index % 10 === 3) return 'kill -KILL $$';
  return `${index % 10 === 7 ? `head -c ${MIB} /dev/zero; ` : ''}exit ${index % 256}`;
};

/** Runs one command; says what is wrong with its end, if anything is. */
const ours = async ({ cluster, pod }: PodPlace, index: number): Promise<string | undefined> => {
  const session = new ExecStream(cluster.client).exec({ namespace: cluster.namespace, pod, container: 'main' }, [
    'sh',
    '-c',
    script(index),
  ]);
  let bytes = 0;
  session.stdout.on('data', (piece: Buffer) => (bytes += piece.length));
  session.stderr.resume();
  const want = { code: index % 10 === 3 ? null : index % 256, bytes: index % 10 === 7 ? MIB : 0 };
  try {
    const ended = once(session.stdout, 'end');
    const { code } = await session.result;
    await ended;
    const got = { code, bytes };
    return JSON.stringify(got) === JSON.stringify(want)
      ? undefined
      : `${JSON.stringify(got)}, not ${JSON.stringify(want)}`;
  } catch (error) {
    return String(error);
  }
};

const theirs = async ({ cluster, pod }: PodPlace, index: number): Promise<void> => {
  const argv = ['-n', cluster.namespace, 'exec', pod, '-c', 'main', '--', 'sh', '-c', script(index)];
  await once(spawn(kubectl(), argv, { stdio: 'ignore' }), 'close');
};
