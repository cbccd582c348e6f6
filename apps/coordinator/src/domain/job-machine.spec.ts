import { describe, expect, it } from '@jest/globals';
import { type Pipeline, reason, type Step } from '@danube/contract';
import type { ExitEvidence, StepOutcome } from '../worker/step-runner.ts';
import { type Action, cancelled, decide, type Happening, type JobState, timedOut } from './job-machine.ts';

const exitOf = (facts: Partial<ExitEvidence>): StepOutcome => ({
  kind: 'exited',
  exit: {
    code: 0,
    signal: null,
    reason: 'exit',
    bytes: { stdout: 3, stderr: 0 },
    durationMs: 12,
    finishedAt: '2026-01-01T00:00:00.000Z',
    ...facts,
  },
});
const ok = exitOf({});
const fails = exitOf({ code: 7 });
const killed = exitOf({ code: null, signal: 'SIGTERM', reason: 'killed' });
const lost: StepOutcome = { kind: 'lost', reason: reason('StreamLost', 'gone') };
const cancel = cancelled('on request');

const pipelineOf = (...steps: Partial<Step>[]): Pipeline => ({
  id: 'p',
  workerImage: 'w',
  steps: steps.map((step, index) => ({ name: `s${index}`, run: 'x', ...step })),
});

const started: Happening = { type: 'step-started' };
const ended = (outcome: StepOutcome): Happening => ({ type: 'step-ended', outcome });
const tryOf = (outcome: StepOutcome): Happening[] => [started, ended(outcome)];
const endWanted: Happening = { type: 'end-wanted', reason: cancel };

/** Plays happenings from the beginning; actions come as short words. */
const play = (pipeline: Pipeline, ...happenings: Happening[]): { state: JobState; did: string[][] } => {
  let state: JobState = { name: 'idle' };
  const did: string[][] = [];
  for (const happening of [{ type: 'begin' } as const, ...happenings]) {
    const decision = decide(pipeline, state, happening);
    state = decision.state;
    did.push(decision.actions.map(word));
  }
  return { state, did };
};

const word = (action: Action): string => {
  if (action.do === 'arm-limit') return `limit ${action.of}`;
  if (action.do === 'start' && action.attempt > 1) return `start ${action.step} attempt ${action.attempt}`;
  if (action.do !== 'report') return `${action.do} ${action.step}`;
  const { report } = action;
  if (report.type === 'step.finished') {
    return `${report.step} ${report.state}${report.continued === true ? ' continued' : ''}${report.retried === true ? ' retried' : ''}`;
  }
  if (report.type === 'step.skipped') return `${report.step} skipped`;
  return report.type;
};

describe('decide', () => {
  it('starts the first step at the beginning', () => {
    expect(play(pipelineOf({}))).toEqual({
      state: { name: 'starting', step: 0, attempt: 1 },
      did: [['job.started', 'start 0']],
    });
  });

  it('runs step after step and succeeds after the last', () => {
    expect(play(pipelineOf({}, {}), started, ended(ok), started, ended(ok))).toEqual({
      state: { name: 'finished', state: 'succeeded' },
      did: [
        ['job.started', 'start 0'],
        ['step.started', 'follow 0'],
        ['0 succeeded', 'start 1'],
        ['step.started', 'follow 1'],
        ['1 succeeded'],
      ],
    });
  });

  it.each<{ name: string; steps: Partial<Step>[]; outcomes: StepOutcome[]; want: string[]; verdict: string }>([
    {
      name: 'skips what needs success after a failure',
      steps: [{}, {}],
      outcomes: [fails],
      want: ['0 failed', '1 skipped'],
      verdict: 'failed',
    },
    {
      name: 'runs failure- and always-steps after a failure',
      steps: [{}, { if: 'failure' }, {}, { if: 'always' }],
      outcomes: [fails, ok, ok],
      want: ['0 failed', '1 succeeded', '2 skipped', '3 succeeded'],
      verdict: 'failed',
    },
    {
      name: 'skips failure-steps while all is well',
      steps: [{}, { if: 'failure' }, { if: 'always' }],
      outcomes: [ok, ok],
      want: ['0 succeeded', '1 skipped', '2 succeeded'],
      verdict: 'succeeded',
    },
    {
      name: 'goes on after a failure that may be',
      steps: [{ continueOnError: true }, {}],
      outcomes: [fails, ok],
      want: ['0 failed continued', '1 succeeded'],
      verdict: 'succeeded',
    },
    {
      name: 'fails when only an always-step fails',
      steps: [{ if: 'always' }],
      outcomes: [fails],
      want: ['0 failed'],
      verdict: 'failed',
    },
    {
      name: 'does not run anything in a lost worker',
      steps: [{}, { if: 'always' }],
      outcomes: [lost],
      want: ['0 failed', '1 skipped'],
      verdict: 'error',
    },
  ])('$name', ({ steps, outcomes, want, verdict }) => {
    const { did, state } = play(pipelineOf(...steps), ...outcomes.flatMap((outcome) => [started, ended(outcome)]));
    expect(did.flat().filter((text) => /^\d/.test(text))).toEqual(want);
    expect(state).toMatchObject({ name: 'finished', state: verdict });
  });

  it('tries a step again as often as it may, each time as a new attempt', () => {
    const { did, state } = play(pipelineOf({ retries: 2 }, {}), ...[fails, fails, fails].flatMap(tryOf));
    expect(did.flat()).toEqual([
      ...['job.started', 'start 0', 'step.started', 'follow 0'],
      ...['0 failed retried', 'start 0 attempt 2', 'step.started', 'follow 0'],
      ...['0 failed retried', 'start 0 attempt 3', 'step.started', 'follow 0'],
      ...['0 failed', '1 skipped'],
    ]);
    expect(state).toMatchObject({ name: 'finished', state: 'failed' });
  });

  it('says in the report which attempt begins', () => {
    const starting: JobState = { name: 'starting', step: 0, attempt: 2 };
    expect(decide(pipelineOf({ retries: 2 }), starting, started).actions[0]).toEqual({
      do: 'report',
      report: { type: 'step.started', step: 0, attempt: 2 },
    });
  });

  it('forgets a failure that another try makes up for', () => {
    const { did, state } = play(pipelineOf({ retries: 1 }, {}), ...[fails, ok, ok].flatMap(tryOf));
    expect(did.flat().filter((text) => /^\d/.test(text))).toEqual(['0 failed retried', '0 succeeded', '1 succeeded']);
    expect(state).toEqual({ name: 'finished', state: 'succeeded' });
  });

  it('tries always-steps again after a cancel, until the limit', () => {
    const pipeline = pipelineOf({}, { if: 'always', retries: 5 });
    const cancelThem = [started, endWanted, ended(killed)];
    const { did, state } = play(pipeline, ...cancelThem, ...tryOf(fails), started, { type: 'limit' }, ended(killed));
    expect(did.flat().slice(-6)).toEqual([
      ...['start 1 attempt 2', 'step.started', 'follow 1'],
      ...['stop 1', 'limit last-kill', '1 cancelled'],
    ]);
    expect(state).toEqual({ name: 'finished', state: 'cancelled', reason: cancel });
  });

  it('keeps the reason of the first failure', () => {
    const { state } = play(
      pipelineOf({}, { if: 'always' }),
      started,
      ended(fails),
      started,
      ended(exitOf({ code: 9 })),
    );
    expect(state).toMatchObject({ reason: { code: 'StepFailed', message: 'step "s0" ended with exit code 7' } });
  });

  it('ends the running step on a cancel, runs always-steps, and is cancelled', () => {
    const pipeline = pipelineOf({}, {}, { if: 'failure' }, { if: 'always' });
    expect(play(pipeline, started, endWanted, ended(killed), started, ended(ok))).toEqual({
      state: { name: 'finished', state: 'cancelled', reason: cancel },
      did: [
        ['job.started', 'start 0'],
        ['step.started', 'follow 0'],
        ['stop 0', 'limit winding-down'],
        ['0 cancelled', '1 skipped', '2 skipped', 'start 3'],
        ['step.started', 'follow 3'],
        ['3 succeeded'],
      ],
    });
  });

  it('is failed with JobTimeout when the time of the job is over', () => {
    const timeout: Happening = { type: 'end-wanted', reason: timedOut('1s') };
    expect(play(pipelineOf({}), started, timeout, ended(killed)).state).toMatchObject({
      state: 'failed',
      reason: { code: 'JobTimeout' },
    });
  });

  it('calls a step skipped that was cancelled before it started', () => {
    const { did, state } = play(pipelineOf({}), endWanted, ended({ kind: 'not-started' }));
    expect(did.at(-1)).toEqual(['0 skipped']);
    expect(state).toMatchObject({ state: 'cancelled' });
  });

  it('does not call a job good whose step never ran though nobody called it off', () => {
    expect(play(pipelineOf({}), ended({ kind: 'not-started' })).state).toMatchObject({ state: 'error' });
  });

  it('cuts an always-step short at the limit, and does not wait for it for ever', () => {
    const pipeline = pipelineOf({}, { if: 'always' }, { if: 'always' });
    const limit: Happening = { type: 'limit' };
    const { did, state } = play(pipeline, started, endWanted, ended(killed), started, limit, limit);
    expect(did.slice(-2)).toEqual([
      ['stop 1', 'limit last-kill'],
      ['abandon 1', '1 cancelled', '2 skipped'],
    ]);
    expect(state).toEqual({ name: 'finished', state: 'cancelled', reason: cancel });
  });

  it('gives up a step that cannot be ended in time', () => {
    const { did, state } = play(pipelineOf({}), started, endWanted, { type: 'limit' });
    expect(did.at(-1)).toEqual(['abandon 0', '0 cancelled']);
    expect(state).toMatchObject({ state: 'cancelled' });
  });

  it('ignores what comes too late', () => {
    const late = [endWanted, { type: 'limit' }, started, ended(ok), { type: 'begin' }] as const;
    const { did } = play(pipelineOf({}), started, ended(ok), ...late);
    expect(did.slice(3)).toEqual([[], [], [], [], []]);
  });

  it('cancels only once', () => {
    expect(play(pipelineOf({}), started, endWanted, endWanted).did.at(-1)).toEqual([]);
  });
});
