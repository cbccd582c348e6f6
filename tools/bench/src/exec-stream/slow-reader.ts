import type { Benchmark, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { type ClientName, runClient } from './exec-contenders.ts';
import { startPeerPlace } from './exec-peer-place.ts';

const MIB = 2 ** 20;
const LIMIT_MIB = 16;
const FRAME_BYTES = 32 * 1024;
const sizes = {
  quick: { bytes: 512 * MIB, bytesPerSecond: 64 * MIB, stallMs: 3000 },
  normal: { bytes: 2048 * MIB, bytesPerSecond: 64 * MIB, stallMs: 10_000 },
  full: { bytes: 10_240 * MIB, bytesPerSecond: 20_000_000, stallMs: 120_000 },
};

/** E7: a reader that is slower than the command, and stops for a while. */
export const slowReader: Benchmark = {
  id: 'E7',
  group: 'exec-stream',
  title: 'memory with a reader that is slower than the command and stalls once',
  run: async (bench) => {
    await using place = await startPeerPlace(bench.progress);
    const { bytes, bytesPerSecond, stallMs } = sizes[bench.size];
    const options = ['--check', '--rate', String(bytesPerSecond), '--stall', String(stallMs)];
    const command = ['firehose', String(bytes), String(FRAME_BYTES)];
    const figures: Figure[] = [];
    for (const client of ['exec-stream', 'client-node'] satisfies ClientName[]) {
      bench.progress(`E7: ${client}`);
      const { peakRssBytes, idleRssBytes = 0 } = await runClient(place, client, { options, command });
      const figure = { id: 'E7', metric: `MiB over idle, ${bytes / MIB} MiB read`, subject: client };
      figures.push(bound(figure, (peakRssBytes - idleRssBytes) / MIB, { atMost: LIMIT_MIB }));
    }
    return figures;
  },
};
