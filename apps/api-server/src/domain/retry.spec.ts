import { describe, expect, it } from '@jest/globals';
import { reason } from '@danube/contract';
import { mayRetry, neverRetry, type RetryCase, type RetryPolicy } from './retry.ts';

const policy: RetryPolicy = { perJob: 2, perHour: 10, startedJobs: false };
const lost: RetryCase = {
  end: { state: 'error', reason: reason('NodeLost', 'the node stopped answering'), logComplete: true },
  attempt: 1,
  isCancelRequested: false,
  hasBegun: false,
  retriesInLastHour: 0,
};

describe('mayRetry', () => {
  it.each<[string, boolean, Partial<RetryCase>, RetryPolicy?]>([
    ['runs a job again that the infrastructure failed before a step began', true, {}],
    ['not when there is no budget at all', false, {}, neverRetry],
    ['up to the budget of the job', true, { attempt: 2 }],
    ['not beyond it', false, { attempt: 3 }],
    ['not beyond the budget of the hour', false, { retriesInLastHour: 10 }],
    ['not when a step has begun', false, { hasBegun: true }],
    ['unless that is wanted', true, { hasBegun: true }, { ...policy, startedJobs: true }],
    ['not when a step may have begun unheard', false, { end: { ...lost.end, logComplete: false } }],
    ['not when the job is to be cancelled', false, { isCancelRequested: true }],
    [
      'not when the pipeline is to blame',
      false,
      { end: { ...lost.end, state: 'failed', reason: reason('StepFailed', 'x') } },
    ],
    [
      'not when somebody has to change something',
      false,
      { end: { ...lost.end, reason: reason('ImagePullFailed', 'x') } },
    ],
    ['not when it succeeded', false, { end: { state: 'succeeded', logComplete: true } }],
  ])('%s', (...row) => {
    const [, want, change, otherPolicy = policy] = row;
    expect(mayRetry({ ...lost, ...change }, otherPolicy)).toBe(want);
  });
});
