import { durationText, type Job, memoryText, type StepView } from '@danube/contract';

/** How a step ended, as in `failed with exit code 7 after 0.3 s, the job went on`. */
export const stepOutcome = (step: StepView): string => {
  const { state, durationMs, exitCode, signal } = step;
  const how =
    state === 'succeeded' || state === 'skipped' || state === 'pending'
      ? ''
      : signal !== undefined
        ? ` by signal ${signal}`
        : exitCode !== undefined
          ? ` with exit code ${exitCode}`
          : '';
  const when = durationMs === undefined ? '' : ` after ${durationText(durationMs)}`;
  return [`${state}${how}${when}${attemptOf(step)}`, ...peakOf(step), ...whatFollowed(step)].join(', ');
};

/** ` at attempt 2`, or nothing for the first. */
export const attemptOf = ({ attempt = 1 }: StepView): string => (attempt === 1 ? '' : ` at attempt ${attempt}`);

/** `peak memory 64 MiB`, where it is known. */
export const peakOf = ({ memoryPeakBytes }: StepView): string[] =>
  memoryPeakBytes === undefined ? [] : [`peak memory ${memoryText(memoryPeakBytes)}`];

/** What followed a failure that did not end the job. */
export const whatFollowed = ({ continued, retried }: StepView): string[] => {
  if (retried === true) return ['tried again'];
  return continued === true ? ['the job went on'] : [];
};

/** How long a job took, once it has ended. */
export const jobDurationMs = ({ createdAt, finishedAt }: Job): number | undefined =>
  finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(createdAt);

/** A text from elsewhere, such as the message of a reason, on one line. */
export const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ');
