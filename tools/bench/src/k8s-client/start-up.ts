import { join } from 'node:path';
import type { Benchmark, Contender } from '../benchmark.ts';
import { goReference } from '../programs/go-reference.ts';
import type { Measured } from '../programs/measure.ts';
import { startReferenceServer } from '../programs/reference-server.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';

const rounds = { quick: 5, normal: 11, full: 31 };

/** C8: import, client, first GET. The time that Node itself needs is in neither. */
export const startUp: Benchmark = {
  id: 'C8',
  group: 'k8s-client',
  title: 'from nothing imported to the first answer',
  run: async (bench) => {
    await using server = await startReferenceServer(await goReference(bench.progress), 1);
    const contender = (name: string, program: string): Contender => ({
      name,
      run: async () => {
        const argv = pinned(1, nodeProgram(join(import.meta.dirname, program)));
        const { seconds, cpuSeconds, peakRssBytes } = JSON.parse(
          await runProgram(argv, { env: server.env }),
        ) as Measured;
        return { seconds, cpuSeconds, peakRssBytes };
      },
    });
    return await bench.compare({
      id: 'C8',
      rounds: rounds[bench.size],
      subject: contender('k8s-client', 'first-get-danube.ts'),
      reference: contender('client-node', 'first-get-client-node.ts'),
      metrics: { seconds: { atMost: 0.2 }, cpuSeconds: { atMost: 0.2 } },
    });
  },
};
