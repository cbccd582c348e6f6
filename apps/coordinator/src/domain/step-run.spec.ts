import { describe, expect, it } from '@jest/globals';
import type { JobSpec, Step } from '@danube/contract';
import { stepRun } from './step-run.ts';

const specOf = (step: Partial<Step>): JobSpec => ({
  version: 1,
  jobId: 'j1',
  attempt: 2,
  pipeline: {
    id: 'p',
    workerImage: 'w',
    env: { A: 'pipeline', B: 'pipeline', DANUBE_STEP: 'mine' },
    steps: [
      { name: 'one', run: 'true' },
      { name: 'two', run: ['x', 'y z'], ...step },
    ],
  },
});

describe('stepRun', () => {
  it('says all about a run', () => {
    expect(
      stepRun(specOf({ env: { B: 'step', CI: 'no' }, timeout: '1m' }), { index: 1, attempt: 3 }, '/tmp/w'),
    ).toEqual({
      id: 'step-1-3',
      name: 'two',
      run: ['x', 'y z'],
      workingDir: '/tmp/w',
      env: {
        A: 'pipeline',
        B: 'step',
        CI: 'no',
        DANUBE_WORKSPACE: '/tmp/w',
        DANUBE_JOB_ID: 'j1',
        DANUBE_PIPELINE: 'p',
        DANUBE_STEP: 'two',
        DANUBE_STEP_ATTEMPT: '3',
      },
      timeoutMs: 60_000,
    });
  });

  it.each([
    ['src', '/tmp/w/src'],
    ['./a/../b', '/tmp/w/b'],
    ['/workspace', '/tmp/w'],
    ['/workspace/src', '/tmp/w/src'],
    ['/workspaces', '/workspaces'],
    ['/tmp', '/tmp'],
  ])('finds the working directory %s at %s', (workingDir, want) => {
    expect(stepRun(specOf({ workingDir }), { index: 1, attempt: 1 }, '/tmp/w').workingDir).toBe(want);
  });
});
