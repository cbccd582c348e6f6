import { DEFAULT_JOB_TIMEOUT, durationMs, type JobSpec, type Reason } from '@danube/contract';
import { type Action, decide, type Happening, type JobState, timedOut } from './domain/job-machine.ts';
import { stepRun } from './domain/step-run.ts';
import { Mailbox } from './mailbox.ts';
import type { JobVerdict, Lane } from './report/lane.ts';
import { StepTask } from './step-task.ts';
import type { StepRunner } from './worker/step-runner.ts';

/** How long ending takes at most, in milliseconds. */
export type EndTimes = {
  /** For a step's processes between TERM and KILL. */
  readonly stopGraceMs: number;
  /** From the wish to end until always-steps have to be done. */
  readonly windingDownMs: number;
  /** For the kill of an always-step after that. */
  readonly lastKillMs: number;
};

/** What {@link StepSequence} works with. */
export type StepSequenceParts = {
  readonly spec: JobSpec;
  readonly workspace: string;
  readonly runner: StepRunner;
  readonly lane: Lane;
  readonly times: EndTimes;
};

/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The steps of a job, one after the other: does what {@link decide} says, and tells it what came of it. */
export class StepSequence {
  readonly #parts: StepSequenceParts;
  readonly #happenings = new Mailbox<Happening>();
  readonly #timers: NodeJS.Timeout[] = [];
  #times: EndTimes;
  #task: StepTask | undefined;

  constructor(parts: StepSequenceParts) {
    this.#parts = parts;
    this.#times = parts.times;
  }

  /** Runs the steps. Resolves with the verdict; never rejects for what a step or the worker does. Call once. */
  async run(): Promise<JobVerdict> {
    const { pipeline } = this.#parts.spec;
    const timeout = pipeline.timeout ?? DEFAULT_JOB_TIMEOUT;
    this.#after(durationMs(timeout), { type: 'end-wanted', reason: timedOut(timeout) });
    this.#happenings.put({ type: 'begin' });
    let state: JobState = { name: 'idle' };
    for await (const happening of this.#happenings) {
      const decision = decide(pipeline, state, happening);
      state = decision.state;
      for (const action of decision.actions) this.#perform(action);
      if (state.name === 'finished') this.#happenings.close();
    }
    for (const timer of this.#timers) clearTimeout(timer);
    return state.name === 'finished' ? { state: state.state, reason: state.reason } : { state: 'error' };
  }

  /** Ends the job early; always-steps still run. Later calls change nothing but the times. */
  end(reason: Reason, times: EndTimes = this.#times): void {
    this.#times = times;
    this.#happenings.put({ type: 'end-wanted', reason });
  }

  #perform(action: Action): void {
    const { lane, runner, spec, workspace } = this.#parts;
    switch (action.do) {
      case 'report':
        lane.report(action.report);
        break;
      case 'start':
        this.#task = new StepTask(runner, stepRun(spec, action.step, workspace));
        this.#task.begin({
          started: () => this.#happenings.put({ type: 'step-started' }),
          ended: (outcome) => this.#happenings.put({ type: 'step-ended', outcome }),
        });
        break;
      case 'follow':
        if (this.#task !== undefined) lane.output(action.step, this.#task.output());
        break;
      case 'stop':
        this.#task?.stop(this.#times.stopGraceMs);
        break;
      case 'abandon':
        this.#task?.abandon();
        break;
      case 'arm-limit':
        this.#after(action.of === 'last-kill' ? this.#times.lastKillMs : this.#times.windingDownMs, { type: 'limit' });
        break;
    }
  }

  #after(delayMs: number, happening: Happening): void {
    const timer = setTimeout(() => this.#happenings.put(happening), Math.min(delayMs, MAX_TIMER_MS));
    this.#timers.push(timer);
  }
}
