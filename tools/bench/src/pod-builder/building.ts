import { join } from 'node:path';
import type { Benchmark, Contender } from '../benchmark.ts';
import type { Measured } from '../programs/measure.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';
import { bound } from '../bound.ts';

const rounds = { quick: 3, normal: 7, full: 21 };
const PODS = 50_000;
const MIN_PODS_PER_SECOND = 30_000;

const run = async (what: 'build' | 'write'): Promise<Measured> => {
  const argv = nodeProgram(join(import.meta.dirname, 'build-pods.ts'), String(PODS), what);
  return JSON.parse(await runProgram(pinned(1, argv))) as Measured;
};

const contender = (name: string, what: 'build' | 'write'): Contender => ({
  name,
  run: async () => {
    const { seconds, peakRssBytes } = await run(what);
    return { seconds, peakRssBytes };
  },
});

/** P5: a pod from a job and a pipeline: built, checked, and written as JSON. */
export const building: Benchmark = {
  id: 'P5',
  group: 'pod-builder',
  title: `build, check and write ${PODS} pods`,
  run: async (bench) => {
    const subject = contender('pod-builder', 'build');
    const figures = await bench.compare({
      id: 'P5',
      rounds: rounds[bench.size],
      subject,
      reference: contender('JSON.stringify of the same pods', 'write'),
      metrics: { seconds: { atMost: 2 } },
    });
    const { seconds, count } = await run('build');
    const rate = { id: 'P5', metric: 'pods/s', subject: subject.name };
    return [...figures, bound(rate, count / seconds, { atLeast: MIN_PODS_PER_SECOND })];
  },
};
