import { join } from 'node:path';
import type { Benchmark, Contender, Figure } from '../benchmark.ts';
import { goReference } from '../programs/go-reference.ts';
import type { Measured } from '../programs/measure.ts';
import { type ReferenceServer, startReferenceServer } from '../programs/reference-server.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';

const sizes = {
  quick: { events: 10_000, rounds: 3 },
  normal: { events: 50_000, rounds: 3 },
  full: { events: 200_000, rounds: 5 },
};
const PODS = 1000;

/** C4: changes as fast as they are taken. */
export const watchEvents: Benchmark = {
  id: 'C4',
  group: 'k8s-client',
  title: 'changes of pods of 5 KB through an informer, one in a hundred followed by a bookmark, cut at random',
  run: async (bench) => {
    const program = await goReference(bench.progress);
    await using server = await startReferenceServer(program, PODS);
    const { events, rounds } = sizes[bench.size];
    const figures: Figure[] = [];
    const clientNode = contender('client-node', server, node('burst-client-node.ts', String(events)));
    const clientGo = contender('client-go JSON', server, [program, 'burst', '-n', String(events)]);
    for (const kept of ['projected', 'whole'] as const) {
      const subject = contender(`k8s-client ${kept}`, server, node('burst-danube.ts', String(events), kept));
      const common = { id: 'C4', rounds, subject };
      figures.push(
        ...(await bench.compare({
          ...common,
          reference: clientNode,
          metrics: { eventsPerSecond: { atLeast: 1.3 }, cpuMicrosecondsPerEvent: { atMost: 1 / 1.3 } },
        })),
        ...(await bench.compare({ ...common, reference: clientGo, metrics: { eventsPerSecond: { atLeast: 4 } } })),
      );
    }
    return figures;
  },
};

const node = (name: string, ...args: readonly string[]): string[] =>
  nodeProgram(join(import.meta.dirname, name), ...args);

const contender = (name: string, server: ReferenceServer, argv: readonly string[]): Contender => ({
  name,
  run: async () => {
    const printed = await runProgram(pinned(1, argv), { env: server.env });
    const { seconds, cpuSeconds, count } = JSON.parse(printed) as Measured;
    return { eventsPerSecond: count / seconds, cpuMicrosecondsPerEvent: (cpuSeconds / count) * 1e6 };
  },
});
