import type { End } from './apply-event.ts';

/** When a job that the infrastructure failed is run again. */
export type RetryPolicy = {
  /** How often one job may be run again. */
  readonly perJob: number;
  /** How many jobs may be run again within an hour, all together: more failures than that are no accident. */
  readonly perHour: number;
  /** Also run jobs again of which a step may have begun. Their commands run twice then. */
  readonly startedJobs: boolean;
};

/** Runs nothing again. */
export const neverRetry: RetryPolicy = { perJob: 0, perHour: 0, startedJobs: false };

/** What the decision about a job depends on. */
export type RetryCase = {
  readonly end: End;
  /** The attempt that has ended; the first is 1. */
  readonly attempt: number;
  readonly isCancelRequested: boolean;
  /** A step has begun, as far as the store knows. */
  readonly hasBegun: boolean;
  readonly retriesInLastHour: number;
};

/** Whether a job gets another attempt instead of its end. Only for failures of the infrastructure, and within the budget. */
export const mayRetry = (retry: RetryCase, policy: RetryPolicy): boolean => {
  const { end } = retry;
  if (end.state !== 'error' || end.reason?.class !== 'infra' || retry.isCancelRequested) return false;
  // Events that were not delivered may have told of a step.
  const isUntouched = !retry.hasBegun && end.logComplete;
  if (!isUntouched && !policy.startedJobs) return false;
  return retry.attempt <= policy.perJob && retry.retriesInLastHour < policy.perHour;
};
