import type { Bench, Benchmark, Figure, Target } from '../benchmark.ts';
import { type ClientName, execContender } from './exec-contenders.ts';
import { type PodPlace, startPodPlace } from './exec-pod-place.ts';
import { rates } from './rates.ts';
import { withPlace } from './with-place.ts';

const MIB = 2 ** 20;
const sizes = { quick: { mib: 256, rounds: 3 }, normal: { mib: 1024, rounds: 5 }, full: { mib: 4096, rounds: 5 } };

const rows: readonly { readonly reference: ClientName; readonly metrics: Readonly<Record<string, Target>> }[] = [
  { reference: 'kubectl', metrics: { bytesPerSecond: { atLeast: 1 }, cpuPerByte: { atMost: 0.9 } } },
  { reference: 'kubectl over SPDY', metrics: { bytesPerSecond: { atLeast: 1 }, cpuPerByte: { atMost: 0.6 } } },
  { reference: 'client-go', metrics: { bytesPerSecond: { atLeast: 1 } } },
  { reference: 'client-node', metrics: { bytesPerSecond: { atLeast: 1 } } },
];

/** E2: what a command can write on a real node: through shim, kubelet and API server. */
export const nodeThroughput: Benchmark = {
  id: 'E2',
  group: 'exec-stream',
  title: 'stdout of `dd bs=64k` on a real node',
  run: (bench) =>
    withPlace({ id: 'E2', metric: 'bytesPerSecond', start: () => startPodPlace(bench.progress) }, (place) =>
      all(bench, place),
    ),
};

const all = async (bench: Bench, place: PodPlace): Promise<Figure[]> => {
  const { mib, rounds } = sizes[bench.size];
  const work = { command: ['dd', 'if=/dev/zero', 'bs=64k', `count=${mib * 16}`] };
  const contender = (client: ClientName) =>
    execContender(place, client, { work, figures: (measured) => rates(measured, mib * MIB, client) });
  const figures: Figure[] = [];
  for (const { reference, metrics } of rows) {
    const sides = { subject: contender('exec-stream'), reference: contender(reference) };
    figures.push(...(await bench.compare({ id: 'E2', rounds, ...sides, metrics })));
  }
  return figures;
};
