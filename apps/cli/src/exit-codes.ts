import type { JobState } from '@danube/contract';

/** Exit codes of the command, part of its interface. */
export const exitCodes = {
  /** The job succeeded, or the command did what it was asked. */
  ok: 0,
  /** A step failed or timed out, or somebody else cancelled the job. */
  jobFailed: 1,
  /** Arguments, job file or job id are wrong. Nothing was created. */
  badInput: 2,
  /** The job could not be run to its end: server, cluster or this machine. */
  infrastructure: 3,
  /** After Ctrl-C (128 + SIGINT). */
  interrupted: 130,
  /** The reader of the output went away, as in `danube run … | head` (128 + SIGPIPE). */
  outputClosed: 141,
} as const;

/** Exit code for the state in which a job was last seen. */
export const exitCodeOfState = (state: JobState): number => {
  if (state === 'succeeded') return exitCodes.ok;
  return state === 'failed' || state === 'cancelled' ? exitCodes.jobFailed : exitCodes.infrastructure;
};
