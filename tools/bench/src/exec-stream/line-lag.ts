import { copyTo, ExecStream } from '@danube/exec-stream';
import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { bound } from '../bound.ts';
import { median } from '../statistics.ts';
import { type ClientName, runClient } from './exec-contenders.ts';
import { type PodPlace, startPodPlace } from './exec-pod-place.ts';
import { withPlace } from './with-place.ts';

const LINES_PER_SECOND = 2000;
const PROGRAM = '/tmp/lines';
const MAX_OVER_KUBECTL_MS = 2;
const sizes = {
  quick: { seconds: 3, rounds: 3 },
  normal: { seconds: 10, rounds: 5 },
  full: { seconds: 60, rounds: 5 },
};

/** E5: how old a line is when it is in the callback. */
export const lineLag: Benchmark = {
  id: 'E5',
  group: 'exec-stream',
  title: `${LINES_PER_SECOND} lines a second on a real node: from the write in the container to the callback`,
  run: (bench) =>
    withPlace({ id: 'E5', metric: 'p50', start: () => startPodPlace(bench.progress) }, (place) => all(bench, place)),
};

const all = async (bench: Bench, place: PodPlace): Promise<Figure[]> => {
  const { seconds, rounds } = sizes[bench.size];
  const { cluster, pod, program } = place;
  const to = { namespace: cluster.namespace, pod, container: 'main', path: PROGRAM };
  await copyTo(new ExecStream(cluster.client), { from: program, to });
  const count = LINES_PER_SECOND * seconds;
  const command = [PROGRAM, 'lines', '-rate', String(LINES_PER_SECOND), '-count', String(count)];
  const p99s = new Map<ClientName, number[]>();
  const contender = (name: ClientName): Contender => ({
    name,
    run: async () => {
      const { latencyMs } = await runClient(place, name, { options: ['--lag'], command });
      if (latencyMs.length !== count)
        throw new BenchError('ProgramFailed', `${name}: expected ${count} lines, got ${latencyMs.length}`);
      const p99 = latencyMs[Math.floor(count * 0.99)] ?? Number.NaN;
      p99s.set(name, [...(p99s.get(name) ?? []), p99]);
      return { p50: median(latencyMs), p99 };
    },
  });
  const figures: Figure[] = [];
  for (const reference of ['client-go', 'kubectl'] satisfies ClientName[]) {
    p99s.clear();
    const sides = { subject: contender('exec-stream'), reference: contender(reference) };
    figures.push(...(await bench.compare({ id: 'E5', rounds, ...sides, metrics: { p50: { atMost: 1 } } })));
  }
  const [own, theirs] = (['exec-stream', 'kubectl'] as const).map((name) => median(p99s.get(name) ?? []));
  if (own === undefined || theirs === undefined) return figures;
  const figure = {
    id: 'E5',
    metric: 'p99 over that of kubectl, ms',
    subject: 'exec-stream',
    values: [own, theirs] as const,
  };
  return [...figures, bound(figure, own - theirs, { atMost: MAX_OVER_KUBECTL_MS })];
};
