import { ExecStream } from '@danube/exec-stream';
import { once } from 'node:events';
import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { readAll, type RunPlace, shellText, startRunPlace } from './run-place.ts';
import { withPlace } from './with-place.ts';

const MIB = 2 ** 20;
const sizes = { quick: { mib: 256, rounds: 3 }, normal: { mib: 512, rounds: 7 }, full: { mib: 1024, rounds: 11 } };

/** D2: what a journal costs, while a command writes as fast as it can. */
export const durableThroughput: Benchmark = {
  id: 'D2',
  group: 'exec-stream',
  title: 'stdout of `dd bs=64k` on a real node, through a journal and without one',
  run: (bench) =>
    withPlace({ id: 'D2', metric: 'bytesPerSecond', start: () => startRunPlace('real node') }, (place) =>
      all(bench, place),
    ),
};

const all = (bench: Bench, place: RunPlace): Promise<Figure[]> => {
  const { mib, rounds } = sizes[bench.size];
  const command = ['dd', 'if=/dev/zero', 'bs=64k', `count=${mib * 16}`];
  const stream = new ExecStream(place.client);
  const rate = async (read: (take: (bytes: Buffer) => void) => Promise<void>): Promise<Record<string, number>> => {
    let bytes = 0;
    const startedMs = performance.now();
    await read((piece) => (bytes += piece.length));
    const seconds = (performance.now() - startedMs) / 1000;
    if (bytes !== mib * MIB) throw new BenchError('ProgramFailed', `expected ${mib * MIB} bytes, got ${bytes}`);
    return { bytesPerSecond: bytes / seconds };
  };
  const durable: Contender = {
    name: 'run',
    run: async () => {
      const ref = place.newRun();
      const run = stream.run(place.target, { ...ref, run: command });
      const figures = await rate((take) => readAll(run, (data, from) => from === 'stdout' && take(data)));
      await shellText(place, `rm -r ${ref.dir}/${ref.id}`);
      return figures;
    },
  };
  const plain: Contender = {
    name: 'exec',
    run: () =>
      rate(async (take) => {
        const session = stream.exec(place.target, command);
        session.stderr.resume();
        session.stdout.on('data', take);
        const ended = once(session.stdout, 'end');
        await session.result;
        await ended;
      }),
  };
  const metrics = { bytesPerSecond: { atLeast: 0.95 } };
  return bench.compare({ id: 'D2', rounds, subject: durable, reference: plain, metrics });
};
