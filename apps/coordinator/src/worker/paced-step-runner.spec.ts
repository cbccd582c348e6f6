import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { JobBench, pipelineOf } from '../../test/job-bench.ts';
import { PacedStepRunner } from './paced-step-runner.ts';
import type { StepRun } from './step-runner.ts';

const never = new AbortController().signal;

/** A runner whose first step has left 100 bytes. */
const withOutput = async (bench: JobBench, limitBytes: number) => {
  const runner = new PacedStepRunner(bench.runner, limitBytes);
  const step = (id: string): StepRun => ({ id, name: id, run: 'printf %0100d 1', env: {}, workingDir: bench.dir });
  await runner.start(step('a'), never);
  await runner.ended('a', never);
  return { runner, second: step('b') };
};

describe('PacedStepRunner', () => {
  it('starts a step when the ones before have left no more than the limit', async () => {
    await using bench = await JobBench.create(pipelineOf([{}]));
    const { runner, second } = await withOutput(bench, 100);
    await runner.start(second, never);
    expect(bench.runner.started).toEqual(['a', 'b']);
    await runner.ended('b', never);
  });

  it('waits with a step until room was made', async () => {
    await using bench = await JobBench.create(pipelineOf([{}]));
    const { runner, second } = await withOutput(bench, 99);
    const starting = runner.start(second, never);
    for (let round = 0; round < 20; round++) await turn();
    expect(bench.runner.started).toEqual(['a']);
    await runner.discard('a');
    expect(await starting).toBeUndefined();
    expect(bench.runner.started).toEqual(['a', 'b']);
    await runner.ended('b', never);
  });

  it('does not start a step that is called off meanwhile', async () => {
    await using bench = await JobBench.create(pipelineOf([{}]));
    const { runner, second } = await withOutput(bench, 99);
    const controller = new AbortController();
    const starting = runner.start(second, controller.signal);
    controller.abort();
    expect(await starting).toEqual({ kind: 'not-started' });
    expect(bench.runner.started).toEqual(['a']);
  });
});
