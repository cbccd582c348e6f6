import { DEFAULT_JOB_TIMEOUT, durationMs, type JobSpec, type Reason } from '@danube/contract';
import { type Action, decide, type Happening, type JobState, timedOut } from './domain/job-machine.ts';
import { stepRun, type StepSurroundings } from './domain/step-run.ts';
import type { StateLog } from './durable/state-log.ts';
import { Mailbox } from './mailbox.ts';
import type { SecretMasker } from './secrets/secret-masker.ts';
import { withoutSecrets } from './secrets/without-secrets.ts';
import type { JobVerdict, Lane } from './report/lane.ts';
import { type StepListener, StepTask } from './step-task.ts';
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
  readonly places: Pick<StepSurroundings, 'workspace' | 'control' | 'secrets'>;
  readonly masker: SecretMasker;
  readonly runner: StepRunner;
  readonly lane: Lane;
  /** What an earlier coordinator of this job went through; goes on to be written. */
  readonly log: Pick<StateLog, 'read' | 'append'>;
  readonly times: EndTimes;
};

/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The steps of a job, one after the other: does what {@link decide} says, and tells it what came of it.
 *
 * When the log shows that an earlier coordinator has begun, the same decisions are made again, without doing anything,
 * and the job goes on from there: a step that was started is waited for, never started again.
 */
export class StepSequence {
  readonly #parts: StepSequenceParts;
  readonly #happenings = new Mailbox<Happening>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #outputs = new Map<string, Readonly<Record<string, string>>>();
  #state: JobState = { name: 'idle' };
  #times: EndTimes;
  #task: StepTask | undefined;
  #isFollowed = false;
  #lastAt = 0;

  constructor(parts: StepSequenceParts) {
    this.#parts = parts;
    this.#times = parts.times;
  }

  /** Runs the steps. Resolves with the verdict; never rejects for what a step or the worker does. Call once. */
  async run(): Promise<JobVerdict> {
    const { lane, log, spec } = this.#parts;
    const past = log.read();
    for (const { at, happening } of past) this.#replay(happening, at);
    const beganAt = past[0]?.at ?? Date.now();
    const timeout = spec.pipeline.timeout ?? DEFAULT_JOB_TIMEOUT;
    this.#after(beganAt + durationMs(timeout) - Date.now(), { type: 'end-wanted', reason: timedOut(timeout) });
    if (past.length === 0) this.#happen({ type: 'begin' });
    else this.#resume();
    for await (const happening of this.#happenings) this.#happen(happening);
    for (const timer of this.#timers) clearTimeout(timer);
    const { state, reason } = this.#state.name === 'finished' ? this.#state : { state: 'error' as const };
    lane.finish({ state, reason }, this.#lastAt);
    return { state, reason };
  }

  /** Ends the job early; always-steps still run. Later calls change nothing but the times. */
  end(reason: Reason, times: EndTimes = this.#times): void {
    this.#times = times;
    this.#happenings.put({ type: 'end-wanted', reason });
  }

  #happen(happening: Happening): void {
    this.#lastAt = Date.now();
    this.#parts.log.append({ at: this.#lastAt, happening });
    for (const action of this.#decide(happening)) this.#perform(action, this.#lastAt);
    if (this.#state.name === 'finished') this.#happenings.close();
  }

  #decide(happening: Happening): readonly Action[] {
    const { pipeline } = this.#parts.spec;
    if (happening.type === 'step-ended' && 'step' in this.#state) {
      const { outcome } = happening;
      const outputs = outcome.kind === 'exited' ? outcome.outputs : undefined;
      const name = pipeline.steps[this.#state.step]?.name ?? '';
      // Those of the last attempt count.
      this.#outputs.set(name, outputs !== undefined && 'values' in outputs ? outputs.values : {});
    }
    const { state, actions } = decide(pipeline, this.#state, happening);
    this.#state = state;
    return actions;
  }

  /** Decides again what was decided. Reports are made again, because some may not have arrived; deeds are not repeated. */
  #replay(happening: Happening, at: number): void {
    this.#lastAt = at;
    for (const action of this.#decide(happening)) {
      if (action.do === 'start') this.#prepare(action);
      else if (action.do !== 'stop' && action.do !== 'arm-limit') this.#perform(action, at);
    }
  }

  /** Takes up what the earlier coordinator was at. */
  #resume(): void {
    const { name } = this.#state;
    if (name === 'finished') this.#happenings.close();
    const isToStop = name === 'ending' || name === 'cut-short';
    // Called off before it begins: what was not started is not started now.
    if (isToStop && !this.#isFollowed) this.#task?.stop(this.#times.stopGraceMs);
    if ('step' in this.#state) this.#begin();
    if (isToStop && this.#isFollowed) this.#task?.stop(this.#times.stopGraceMs);
    if ('end' in this.#state) this.#armLimit(name === 'cut-short' ? 'last-kill' : 'winding-down');
  }

  #perform(action: Action, at: number): void {
    const { lane } = this.#parts;
    switch (action.do) {
      case 'report':
        lane.report(action.report, at);
        break;
      case 'start':
        this.#prepare(action);
        this.#begin();
        break;
      case 'follow':
        this.#isFollowed = true;
        if (this.#task !== undefined) lane.output(action.step, this.#task.output());
        break;
      case 'stop':
        this.#task?.stop(this.#times.stopGraceMs);
        break;
      case 'abandon':
        this.#task?.abandon();
        break;
      case 'arm-limit':
        this.#armLimit(action.of);
        break;
    }
  }

  #prepare({ step: index, attempt }: { readonly step: number; readonly attempt: number }): void {
    const { runner, spec, places } = this.#parts;
    this.#task = new StepTask(runner, stepRun(spec, { index, attempt }, { ...places, outputs: this.#outputs }));
    this.#isFollowed = false;
  }

  #begin(): void {
    const listener: StepListener = {
      started: () => this.#happenings.put({ type: 'step-started' }),
      ended: (outcome) =>
        this.#happenings.put({ type: 'step-ended', outcome: withoutSecrets(outcome, this.#parts.masker) }),
    };
    if (this.#isFollowed) this.#task?.resume(listener);
    else this.#task?.begin(listener);
  }

  #armLimit(of: 'winding-down' | 'last-kill'): void {
    this.#after(of === 'last-kill' ? this.#times.lastKillMs : this.#times.windingDownMs, { type: 'limit' });
  }

  #after(delayMs: number, happening: Happening): void {
    const timer = setTimeout(() => this.#happenings.put(happening), Math.min(delayMs, MAX_TIMER_MS));
    this.#timers.push(timer);
  }
}
