import { describe, expect, it } from '@jest/globals';
import type { JobSpec, Step } from '@danube/contract';
import { stepRun, type StepSurroundings } from './step-run.ts';

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

const around: StepSurroundings = {
  workspace: '/tmp/w',
  control: '/tmp/c',
  secrets: new Map([
    ['TOKEN', 'the-token'],
    ['OTHER', 'not-for-this-step'],
  ]),
  outputs: new Map([['one', { version: '1.2' }]]),
};

describe('stepRun', () => {
  it('says all about a run', () => {
    expect(stepRun(specOf({ env: { B: 'step', CI: 'no' }, timeout: '1m' }), { index: 1, attempt: 3 }, around)).toEqual({
      id: 'step-1-3',
      name: 'two',
      run: ['x', 'y z'],
      workingDir: '/tmp/w',
      env: {
        A: 'pipeline',
        B: 'step',
        CI: 'no',
        DANUBE_WORKSPACE: '/tmp/w',
        DANUBE_OUTPUT: '/tmp/c/step-1-3/outputs',
        DANUBE_JOB_ID: 'j1',
        DANUBE_PIPELINE: 'p',
        DANUBE_STEP: 'two',
        DANUBE_STEP_ATTEMPT: '3',
      },
      timeoutMs: 60_000,
    });
  });

  it('gives a step the secrets that it names, and the outputs that are there', () => {
    const env = { V: { step: 'one', output: 'version' }, NONE: { step: 'one', output: 'never-written' } };
    const run = stepRun(specOf({ env, secrets: ['TOKEN'] }), { index: 1, attempt: 1 }, around);
    expect(run.env).toMatchObject({ V: '1.2', TOKEN: 'the-token' });
    expect(run.env).not.toHaveProperty('NONE');
    expect(run.env).not.toHaveProperty('OTHER');
  });

  it.each([
    ['src', '/tmp/w/src'],
    ['./a/../b', '/tmp/w/b'],
    ['/workspace', '/tmp/w'],
    ['/workspace/src', '/tmp/w/src'],
    ['/workspaces', '/workspaces'],
    ['/tmp', '/tmp'],
  ])('finds the working directory %s at %s', (workingDir, want) => {
    expect(stepRun(specOf({ workingDir }), { index: 1, attempt: 1 }, around).workingDir).toBe(want);
  });
});
