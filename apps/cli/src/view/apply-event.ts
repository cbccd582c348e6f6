import type { Job, LogEntry, StepView } from '@danube/contract';

/** The job as it was before the first event of its log, which a view then tells from the beginning. */
export const beforeEvents = (job: Job): Job => ({
  ...job,
  state: 'queued',
  cancelRequested: false,
  steps: job.steps.map(({ name }) => ({ name, state: 'pending' })),
});

/** The job after an event of its log. Output changes nothing. */
export const applyEvent = (job: Job, event: LogEntry['event']): Job => {
  switch (event.type) {
    case 'job.state':
      return { ...job, state: event.state, ...(event.reason === undefined ? {} : { reason: event.reason }) };
    case 'job.started':
      return { ...job, startedAt: event.at };
    case 'step.started':
      // Nothing is left of an attempt before it.
      return withStep(job, event.step, ({ name }) => ({
        name,
        state: 'running',
        attempt: event.attempt,
        startedAt: event.at,
      }));
    case 'step.finished': {
      const { state, exitCode, signal, reason, continued, retried, durationMs, memoryPeakBytes, at } = event;
      return withStep(job, event.step, (step) => ({
        ...step,
        state,
        finishedAt: at,
        durationMs,
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(signal === undefined ? {} : { signal }),
        ...(reason === undefined ? {} : { reason }),
        ...(continued === undefined ? {} : { continued }),
        ...(retried === undefined ? {} : { retried }),
        ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
      }));
    }
    case 'step.skipped':
      return withStep(job, event.step, (step) => ({ ...step, state: 'skipped' }));
    default:
      return job;
  }
};

const withStep = (job: Job, index: number, change: (step: StepView) => StepView): Job => ({
  ...job,
  steps: job.steps.map((step, at) => (at === index ? change(step) : step)),
});
