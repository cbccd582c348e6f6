import { type FinalState, type JobEvent, type Pipeline, type Reason, reason, type StepView } from '@danube/contract';

/** Steps of a job that has not begun. */
export const pendingSteps = (pipeline: Pipeline): StepView[] =>
  pipeline.steps.map(({ name }) => ({ name, state: 'pending' }));

/** A step after an event that concerns it; `undefined` when the event changes no step. */
export const stepAfter = (step: StepView, event: JobEvent): StepView | undefined => {
  switch (event.type) {
    case 'step.started':
      return { name: step.name, state: 'running', attempt: event.attempt, startedAt: event.at };
    case 'step.skipped':
      return { name: step.name, state: 'skipped' };
    case 'step.finished': {
      const { exitCode, signal, continued, retried, memoryPeakBytes } = event;
      return {
        ...step,
        state: event.state,
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(signal === undefined ? {} : { signal }),
        ...(event.reason === undefined ? {} : { reason: event.reason }),
        ...(continued === undefined ? {} : { continued }),
        ...(retried === undefined ? {} : { retried }),
        finishedAt: event.at,
        durationMs: event.durationMs,
        ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
      };
    }
    default:
      return undefined;
  }
};

/** How a job ended: what {@link stepAtEnd} and the store need to know. */
export type End = {
  readonly state: FinalState;
  readonly reason?: Reason | undefined;
  readonly logComplete: boolean;
  /** Why output is missing, for people. */
  readonly logNote?: string | undefined;
};

/** What a coordinator says about the end: in an event, or in its termination message. */
type Verdict = { readonly state: FinalState; readonly reason?: Reason | undefined; readonly logComplete: boolean };

/**
 * The end of a job by its coordinator's word. A coordinator that is told to end takes it for a cancel; when nobody asked
 * for one, something else is ending its pod.
 */
export const coordinatorsEnd = (verdict: Verdict, { isCancelRequested }: { isCancelRequested: boolean }): End => {
  const { state, logComplete } = verdict;
  if (state === 'cancelled' && !isCancelRequested) {
    const message = 'The pod was told to end by something other than Danube: it was deleted, evicted or drained.';
    return { state: 'error', reason: reason('PodDeleted', message), logComplete };
  }
  return { state, reason: verdict.reason, logComplete };
};

/** A step at the end of its job. What never began was skipped; what had not finished ended with the job. */
export const stepAtEnd = (step: StepView, end: End, at: string): StepView => {
  if (step.state === 'pending') return { ...step, state: 'skipped' };
  if (step.state !== 'running') return step;
  return {
    ...step,
    state: end.state === 'cancelled' ? 'cancelled' : 'failed',
    ...(end.reason === undefined ? {} : { reason: end.reason }),
    finishedAt: at,
  };
};
