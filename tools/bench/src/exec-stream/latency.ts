import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { median } from '../statistics.ts';
import { type ClientName, runClient } from './exec-contenders.ts';
import { type PodPlace, startPodPlace } from './exec-pod-place.ts';
import { withPlace } from './with-place.ts';

const sizes = { quick: { execs: 20, rounds: 5 }, normal: { execs: 60, rounds: 5 }, full: { execs: 300, rounds: 11 } };
const MAX_OVER_CLIENT_GO_MS = 1;

/** E1: one exec of `true` after another in a pod that runs. */
export const latency: Benchmark = {
  id: 'E1',
  group: 'exec-stream',
  title: 'an exec of `true` on a real node, from the call to the proven exit code',
  run: (bench) =>
    withPlace({ id: 'E1', metric: 'p50', start: () => startPodPlace(bench.progress) }, (place) => all(bench, place)),
};

const all = async (bench: Bench, place: PodPlace): Promise<Figure[]> => {
  const { execs, rounds } = sizes[bench.size];
  const work = { options: ['--execs', String(execs)], command: ['true'] };
  const seen = new Map<ClientName, number[]>();
  const contender = (name: ClientName): Contender => ({
    name,
    run: async () => {
      const { latencyMs } = await runClient(place, name, work);
      const p50 = median(latencyMs);
      seen.set(name, [...(seen.get(name) ?? []), p50]);
      return { p50, p99: latencyMs[Math.floor(latencyMs.length * 0.99)] ?? Number.NaN };
    },
  });
  const against = (reference: ClientName, atMost: number): Promise<Figure[]> => {
    seen.clear();
    const metrics = { p50: { atMost }, p99: { atMost } };
    return bench.compare({
      id: 'E1',
      rounds,
      subject: contender('exec-stream'),
      reference: contender(reference),
      metrics,
    });
  };
  const figures = [
    ...(await against('kubectl', 0.5)),
    ...(await against('client-node', 1)),
    ...(await against('client-go', 1.1)),
  ];
  const over = differences(seen.get('exec-stream') ?? [], seen.get('client-go') ?? []);
  const figure = { id: 'E1', metric: 'p50 over that of client-go, ms', subject: 'exec-stream' };
  return [...figures, bound(figure, median(over), { atMost: MAX_OVER_CLIENT_GO_MS })];
};

const differences = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.map((value, round) => value - (theirs[round] ?? Number.NaN));
