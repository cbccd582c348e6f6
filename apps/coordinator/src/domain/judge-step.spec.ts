import { describe, expect, it } from '@jest/globals';
import { reason, type Step } from '@danube/contract';
import type { ExitEvidence } from '../worker/step-runner.ts';
import { judgeStep } from './judge-step.ts';

const step: Step = { name: 'build', run: 'make', timeout: '90s' };
const exit: ExitEvidence = {
  code: 0,
  signal: null,
  reason: 'exit',
  bytes: { stdout: 1, stderr: 2 },
  durationMs: 3,
  finishedAt: '2026-01-01T00:00:00.000Z',
};
const judge = (facts: Partial<ExitEvidence>, more: { end?: ReturnType<typeof reason> } = {}) =>
  judgeStep({ index: 0, step, outcome: { kind: 'exited', exit: { ...exit, ...facts } }, memoryLimit: '64Mi', ...more });

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

  it.each<[string, Partial<ExitEvidence>, string, string]>([
    ['a signal', { code: null, signal: 'SIGSEGV' }, 'StepFailed', 'step "build" was ended by signal SEGV'],
    ['a kill from outside', { code: 0, reason: 'killed' }, 'StepFailed', 'step "build" was ended from outside'],
    [
      'a timeout',
      { code: null, signal: 'SIGTERM', reason: 'timeout' },
      'StepTimeout',
      'step "build" and its processes were ended after its timeout of 90s',
    ],
    [
      'a lack of memory',
      { code: 137, oomKills: 2, memoryPeakBytes: 67_108_864 },
      'OutOfMemory',
      'step "build" reached the memory limit of 64Mi and ended with exit code 137',
    ],
  ])('explains %s', (_name, facts, code, message) => {
    expect(judge(facts).failure).toMatchObject({ code, message });
  });

  it('shows what was killed for memory, and the peak', () => {
    expect(judge({ code: 1, oomKills: 2, memoryPeakBytes: 67_108_864 }).failure?.evidence).toEqual([
      'processes killed for memory: 2',
      'peak memory: 64 MiB',
    ]);
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
