import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { bound } from '../bound.ts';
import { type ClientName, execContender, runClient } from './exec-contenders.ts';
import { type PodPlace, startPodPlace } from './exec-pod-place.ts';
import { withPlace } from './with-place.ts';

const MIB = 2 ** 20;
/** The shell stays: a node takes a command that has closed its stdout for one that has ended, and kubectl believes it. */
const READ_ALL = 'cat >/dev/null; :';
const BUFFERED_MIB = 16;
const sizes = { quick: { mib: 64, rounds: 3 }, normal: { mib: 512, rounds: 5 }, full: { mib: 2048, rounds: 5 } };

/** E6: what a command can be given to read, and get back. */
export const stdin: Benchmark = {
  id: 'E6',
  group: 'exec-stream',
  title: 'stdin into `cat >/dev/null` on a real node, and through `cat` back',
  run: (bench) =>
    withPlace({ id: 'E6', metric: 'bytesPerSecond', start: () => startPodPlace(bench.progress) }, (place) =>
      all(bench, place),
    ),
};

const all = async (bench: Bench, place: PodPlace): Promise<Figure[]> => {
  const { mib, rounds } = sizes[bench.size];
  const options = ['--stdin', String(mib * MIB)];
  const contender = (client: ClientName) =>
    execContender(place, client, {
      work: { options, command: ['sh', '-c', READ_ALL] },
      figures: ({ seconds }) => ({ bytesPerSecond: (mib * MIB) / seconds }),
    });
  const figures: Figure[] = [];
  for (const reference of ['client-go', 'kubectl'] satisfies ClientName[]) {
    const sides = { subject: contender('exec-stream'), reference: orNotMeasured(contender(reference)) };
    figures.push(...(await bench.compare({ id: 'E6', rounds, ...sides, metrics: { bytesPerSecond: { atLeast: 1 } } })));
  }
  bench.progress(`E6: ${mib} MiB through cat and back`);
  const echo = { options: [...options, '--check'], command: ['cat'] };
  const { count, sha256, peakRssBytes, idleRssBytes = 0 } = await runClient(place, 'exec-stream', echo);
  const reference = await runClient(place, 'client-go', echo);
  if (count !== mib * MIB || sha256 !== reference.sha256)
    throw new BenchError('ProgramFailed', `${count} bytes came back, and not those that were sent`);
  const figure = { id: 'E6', metric: `MiB over idle, ${mib} MiB through cat and back`, subject: 'exec-stream' };
  return [...figures, bound(figure, (peakRssBytes - idleRssBytes) / MIB, { atMost: BUFFERED_MIB })];
};

/** A reference that loses its connection gives no figure; it does not end the benchmark. */
const orNotMeasured = ({ name, run }: Contender): Contender => ({
  name,
  run: async () => {
    try {
      return await run();
    } catch (error) {
      throw new BenchError('ReferenceMissing', `${name} failed: ${(error as Error).message.slice(0, 300)}`);
    }
  },
});
