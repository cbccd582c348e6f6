import { type FinalState, type Pipeline, type Reason, reason, type Step } from '@danube/contract';
import type { StepOutcome } from '../worker/step-runner.ts';
import { judgeStep, type Report, type StepVerdict } from './judge-step.ts';

/**
 * Where a job is.
 *
 * - `idle`: nothing happened yet.
 * - `starting`: a step's command is being brought into the worker.
 * - `running`: it runs.
 * - `ending`: the job was cancelled or ran out of time; the step is being ended.
 * - `winding-down`: after that, an always-step starts or runs, within a limit.
 * - `cut-short`: the limit is over; the always-step is being ended.
 * - `finished`: the verdict stands.
 */
export type JobState =
  | { readonly name: 'idle' }
  | (AtStep & { readonly name: 'starting' | 'running'; readonly failure?: Reason | undefined })
  | (AtStep & { readonly name: 'ending' | 'winding-down' | 'cut-short'; readonly end: Reason })
  | { readonly name: 'finished'; readonly state: FinalState; readonly reason?: Reason | undefined };

type AtStep = { readonly step: number; /** Which try of the step it is, from 1. */ readonly attempt: number };

/** A state in which there is a step. */
type StepState = Extract<JobState, { step: number }>;

/** What can happen to a job. */
export type Happening =
  | { readonly type: 'begin' }
  | { readonly type: 'step-started' }
  | { readonly type: 'step-ended'; readonly outcome: StepOutcome }
  /** Somebody cancelled, or the job's time is over: {@link Reason} says which. */
  | { readonly type: 'end-wanted'; readonly reason: Reason }
  /** The time that a job has for ending is over. */
  | { readonly type: 'limit' };

/** What has to be done, in this order. */
export type Action =
  | { readonly do: 'report'; readonly report: Report }
  | { readonly do: 'start'; readonly step: number; readonly attempt: number }
  /** Report the output of the step from here on. */
  | { readonly do: 'follow'; readonly step: number }
  /** End the step; its end is still awaited. */
  | { readonly do: 'stop'; readonly step: number }
  /** Stop waiting for the step: it could not be ended in time. */
  | { readonly do: 'abandon'; readonly step: number }
  /** Send a `limit` after the time for winding down, or for the last kill. */
  | { readonly do: 'arm-limit'; readonly of: 'winding-down' | 'last-kill' };

/** A state, and what has to be done to get there. */
export type Decision = { readonly state: JobState; readonly actions: readonly Action[] };

/** Decides what follows from a happening. Pure: the same arguments give the same decision. */
export const decide = (pipeline: Pipeline, state: JobState, happening: Happening): Decision => {
  switch (happening.type) {
    case 'begin':
      return state.name === 'idle' ? begin(pipeline) : stay(state);
    case 'step-started':
      return stepStarted(state);
    case 'step-ended':
      return stepEnded(pipeline, state, happening.outcome);
    case 'end-wanted':
      return endWanted(state, happening.reason);
    case 'limit':
      return limit(pipeline, state);
  }
};

const stay = (state: JobState): Decision => ({ state, actions: [] });

const begin = (pipeline: Pipeline): Decision => {
  const next = advance(pipeline, 0, {});
  return { state: next.state, actions: [{ do: 'report', report: { type: 'job.started' } }, ...next.actions] };
};

const stepStarted = (state: JobState): Decision => {
  if (!('step' in state)) return stay(state);
  const actions: Action[] = [
    { do: 'report', report: { type: 'step.started', step: state.step, attempt: state.attempt } },
    { do: 'follow', step: state.step },
  ];
  return { state: state.name === 'starting' ? { ...state, name: 'running' } : state, actions };
};

const stepEnded = (pipeline: Pipeline, state: JobState, outcome: StepOutcome): Decision => {
  if (!('step' in state)) return stay(state);
  const step = stepAt(pipeline, state.step);
  const end = state.name === 'ending' || state.name === 'cut-short' ? state.end : undefined;
  const verdict = judgeStep({
    index: state.step,
    attempt: state.attempt,
    step,
    outcome,
    ...(end === undefined ? {} : { end }),
    memoryLimit: pipeline.resources?.limits?.memory,
  });
  const next = verdict.again === true ? tryAgain(state) : after(pipeline, state, verdict);
  return { state: next.state, actions: [{ do: 'report', report: verdict.report }, ...next.actions] };
};

/** The same step once more. A step is tried again only as long as nothing ends it, so the state is one of two. */
const tryAgain = (state: StepState): Decision => {
  const attempt = state.attempt + 1;
  const { step } = state;
  const next: JobState =
    'end' in state ? { ...state, name: 'winding-down', attempt } : { ...state, name: 'starting', attempt };
  return { state: next, actions: [{ do: 'start', step, attempt }] };
};

const after = (pipeline: Pipeline, state: StepState, verdict: StepVerdict): Decision => {
  const next = state.step + 1;
  if ('end' in state) {
    const over = state.name === 'cut-short' || verdict.lost !== undefined;
    return over ? finish(pipeline, next, endOf(state.end)) : advance(pipeline, next, { end: state.end });
  }
  const { lost } = verdict;
  if (lost !== undefined)
    return finish(pipeline, next, { state: lost.class === 'user' ? 'failed' : 'error', reason: lost });
  return advance(pipeline, next, { failure: state.failure ?? verdict.failure });
};

const endWanted = (state: JobState, end: Reason): Decision => {
  if (state.name !== 'starting' && state.name !== 'running') return stay(state);
  return {
    state: { name: 'ending', step: state.step, attempt: state.attempt, end },
    actions: [
      { do: 'stop', step: state.step },
      { do: 'arm-limit', of: 'winding-down' },
    ],
  };
};

const limit = (pipeline: Pipeline, state: JobState): Decision => {
  if (state.name === 'winding-down') {
    return {
      state: { ...state, name: 'cut-short' },
      actions: [
        { do: 'stop', step: state.step },
        { do: 'arm-limit', of: 'last-kill' },
      ],
    };
  }
  if (state.name !== 'ending' && state.name !== 'cut-short') return stay(state);
  // The kill did not get through in time. The end of the worker, and of the pod, will do it.
  const outcome: StepOutcome = { kind: 'lost', reason: state.end };
  const ended = stepEnded(pipeline, state, outcome);
  return { state: ended.state, actions: [{ do: 'abandon', step: state.step }, ...ended.actions] };
};

type Course = { readonly failure?: Reason | undefined; readonly end?: Reason };

/** Goes to the first step from `from` on whose condition holds, reporting those that are passed over. */
const advance = (pipeline: Pipeline, from: number, course: Course): Decision => {
  const found = pipeline.steps.findIndex((step, index) => index >= from && isDue(step, course));
  if (found === -1) return finish(pipeline, from, verdictOf(course));
  const state: JobState =
    course.end === undefined
      ? { name: 'starting', step: found, attempt: 1, failure: course.failure }
      : { name: 'winding-down', step: found, attempt: 1, end: course.end };
  return { state, actions: [...skips(from, found), { do: 'start', step: found, attempt: 1 }] };
};

const isDue = (step: Step, { failure, end }: Course): boolean => {
  const condition = step.if ?? 'success';
  if (condition === 'always') return true;
  return end === undefined && (condition === 'failure') === (failure !== undefined);
};

type Verdict = { readonly state: FinalState; readonly reason?: Reason | undefined };

const finish = (pipeline: Pipeline, from: number, verdict: Verdict): Decision => ({
  state: { name: 'finished', ...verdict },
  actions: skips(from, pipeline.steps.length),
});

const skips = (from: number, to: number): Action[] =>
  Array.from({ length: to - from }, (_, offset) => ({
    do: 'report',
    report: { type: 'step.skipped', step: from + offset },
  }));

const verdictOf = ({ failure, end }: Course): Verdict => {
  if (end !== undefined) return endOf(end);
  return failure === undefined ? { state: 'succeeded' } : { state: 'failed', reason: failure };
};

const endOf = (end: Reason): Verdict => ({ state: end.code === 'Cancelled' ? 'cancelled' : 'failed', reason: end });

const stepAt = (pipeline: Pipeline, index: number): Step => {
  const step = pipeline.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index} among ${pipeline.steps.length}`);
  return step;
};

/** The reason of a job that somebody cancelled. */
export const cancelled = (by: string): Reason => reason('Cancelled', `the job was cancelled ${by}`);

/** The reason of a job whose time was over. */
export const timedOut = (timeout: string): Reason =>
  reason('JobTimeout', `the job and its processes were ended after its timeout of ${timeout}`);
