import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { nodeProgram, runProgram } from '../programs/run-program.ts';
import { startPeerPlace } from './exec-peer-place.ts';
import type { Streams } from './streams-danube.ts';

const sizes = {
  quick: { idle: 500, active: 50, seconds: 3 },
  normal: { idle: 5000, active: 500, seconds: 10 },
  full: { idle: 5000, active: 500, seconds: 60 },
};

/** E8: one process with many execs: what an idle one costs, and whether active ones get their turn. */
export const manyStreams: Benchmark = {
  id: 'E8',
  group: 'exec-stream',
  title: 'thousands of idle exec streams, and hundreds that write 200 lines a second',
  run: async (bench) => {
    await using place = await startPeerPlace(bench.progress);
    const { idle, active, seconds } = sizes[bench.size];
    bench.progress(`E8: ${idle} idle streams, then ${active} active ones for ${seconds} s`);
    const argv = nodeProgram(join(import.meta.dirname, 'streams-danube.ts'), ...[idle, active, seconds].map(String));
    const measured = JSON.parse(await runProgram(place.on(argv), { env: place.env })) as Streams;
    const figure = (metric: string, streams: number) => ({
      id: 'E8',
      metric,
      subject: `exec-stream, ${streams} streams`,
    });
    return [
      bound(figure('RSS of an idle stream, KiB', idle), measured.idleRssBytes / 1024, { atMost: 64 }),
      bound(figure('99 % of event loop delays, ms', active), measured.loopP99Ms, { atMost: 15 }),
      bound(figure('longest event loop delay, ms', active), measured.loopMaxMs, { atMost: 60 }),
      bound(figure("fairness (Jain's index)", active), measured.fairness, { atLeast: 0.98 }),
    ];
  },
};
