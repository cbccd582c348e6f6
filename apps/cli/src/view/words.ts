import type { Job, StepView } from '@danube/contract';

/** `0.3 s`, `12.0 s`, `1 min 5 s`, `2 h 3 min`. */
export const durationText = (ms: number): string => {
  const tenths = Math.round(Math.max(ms, 0) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

/** How a step ended, as in `failed with exit code 7 after 0.3 s, the job went on`. */
export const stepOutcome = (step: StepView): string => {
  const { state, durationMs, exitCode, signal, continued } = step;
  const how =
    state === 'succeeded' || state === 'skipped' || state === 'pending'
      ? ''
      : signal !== undefined
        ? ` by signal ${signal}`
        : exitCode !== undefined
          ? ` with exit code ${exitCode}`
          : '';
  const when = durationMs === undefined ? '' : ` after ${durationText(durationMs)}`;
  return `${state}${how}${when}${continued === true ? ', the job went on' : ''}`;
};

/** How long a job took, once it has ended. */
export const jobDurationMs = ({ createdAt, finishedAt }: Job): number | undefined =>
  finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(createdAt);

/** A text from elsewhere, such as the message of a reason, on one line. */
export const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ');
