import { describe, expect, it } from '@jest/globals';
import { reason, type Step } from '@danube/contract';
import type { ExitEvidence } from '../worker/step-runner.ts';
import { judgeStep, type StepCase } from './judge-step.ts';

const step: Step = { name: 'build', run: 'make', timeout: '90s' };
const exit: ExitEvidence = {
  code: 0,
  signal: null,
  reason: 'exit',
  bytes: { stdout: 1, stderr: 2 },
  durationMs: 3,
  finishedAt: '2026-01-01T00:00:00.000Z',
};
const judge = (facts: Partial<ExitEvidence>, more: Partial<StepCase> = {}) =>
  judgeStep({
    index: 0,
    attempt: 1,
    step,
    outcome: { kind: 'exited', exit: { ...exit, ...facts } },
    memoryLimit: '64Mi',
    ...more,
  });

describe('judgeStep', () => {
  it('reports an exit with all that its record shows', () => {
    expect(judge({ code: 7 })).toEqual({
      report: {
        type: 'step.finished',
        step: 0,
        state: 'failed',
        exitCode: 7,
        durationMs: 3,
        bytes: { stdout: 1, stderr: 2 },
        reason: reason('StepFailed', 'step "build" ended with exit code 7'),
      },
      failure: reason('StepFailed', 'step "build" ended with exit code 7'),
    });
  });

  it.each<{ of: string; facts: Partial<ExitEvidence>; code: string; message: string }>([
    {
      of: 'a signal',
      facts: { code: null, signal: 'SIGSEGV' },
      code: 'StepFailed',
      message: 'step "build" was ended by signal SEGV',
    },
    {
      of: 'a kill from outside',
      facts: { code: 0, reason: 'killed' },
      code: 'StepFailed',
      message: 'step "build" was ended from outside',
    },
    {
      of: 'a timeout',
      facts: { code: null, signal: 'SIGTERM', reason: 'timeout' },
      code: 'StepTimeout',
      message: 'step "build" and its processes were ended after its timeout of 90s',
    },
    {
      of: 'a lack of memory',
      facts: { code: 137, oomKills: 2, memoryPeakBytes: 67_108_864 },
      code: 'OutOfMemory',
      message: 'step "build" reached the memory limit of 64Mi and ended with exit code 137',
    },
  ])('explains $of', ({ facts, code, message }) => {
    expect(judge(facts).failure).toMatchObject({ code, message });
  });

  it('says whose limit it was when a step ran out of memory and the pipeline sets none', () => {
    expect(judge({ code: 137, oomKills: 1 }, { memoryLimit: undefined }).failure?.message).toBe(
      'step "build" ran out of memory, without a limit in the pipeline: that of the namespace or of the node was reached; it ended with exit code 137',
    );
  });

  it('shows what was killed for memory, and the peak', () => {
    expect(judge({ code: 1, oomKills: 2, memoryPeakBytes: 67_108_864 }).failure?.evidence).toEqual([
      'processes killed for memory: 2',
      'peak memory: 64 MiB',
    ]);
  });

  it('reports the peak of memory of every step, where it is known', () => {
    expect(judge({ memoryPeakBytes: 1_048_576 }).report).toMatchObject({ memoryPeakBytes: 1_048_576 });
  });

  it.each<{ of: string; facts: Partial<ExitEvidence>; attempt: number; again: boolean }>([
    { of: 'a failure with tries left', facts: { code: 1 }, attempt: 2, again: true },
    { of: 'a time-out with tries left', facts: { code: null, reason: 'timeout' }, attempt: 1, again: true },
    { of: 'the last failure', facts: { code: 1 }, attempt: 3, again: false },
    { of: 'a success', facts: {}, attempt: 1, again: false },
  ])('tries again after $of: $again', ({ facts, attempt, again }) => {
    const verdict = judge(facts, { attempt, step: { ...step, retries: 2, continueOnError: true } });
    expect(verdict.again).toBe(again ? true : undefined);
    expect(verdict.report).toEqual(
      again ? expect.objectContaining({ retried: true, state: 'failed' }) : verdict.report,
    );
    expect('continued' in verdict.report).toBe(!again && facts.code === 1);
    expect(verdict.failure).toBeUndefined();
  });

  it('does not try again what was told to end, what cannot run as it is written, and what was lost', () => {
    const end = reason('Cancelled', 'why');
    const retried = { ...step, retries: 2 };
    expect(judge({ code: 1 }, { end, step: retried })).toEqual({
      report: expect.objectContaining({ state: 'cancelled' }),
    });
    for (const kind of ['refused', 'lost'] as const) {
      const outcome = { kind, reason: reason('StepFailed', 'x') };
      expect(judge({}, { step: retried, outcome }).again).toBeUndefined();
    }
  });

  it('calls a step cancelled, not skipped, whose later attempt was called off', () => {
    const end = reason('Cancelled', 'why');
    expect(judge({}, { attempt: 2, end, outcome: { kind: 'not-started' } }).report).toMatchObject({
      type: 'step.finished',
      state: 'cancelled',
      reason: end,
    });
  });

  it('does not blame memory when the command succeeded all the same', () => {
    expect(judge({ oomKills: 1 })).toMatchObject({ report: { state: 'succeeded' } });
  });

  it('calls a step cancelled that was told to end, unless it had succeeded', () => {
    const end = reason('Cancelled', 'why');
    expect(judge({ code: null, signal: 'SIGTERM', reason: 'killed' }, { end })).toMatchObject({
      report: { state: 'cancelled', signal: 'TERM', reason: end },
    });
    expect(judge({}, { end }).report).toMatchObject({ state: 'succeeded' });
  });
});
