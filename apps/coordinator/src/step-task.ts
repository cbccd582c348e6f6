import { reason } from '@danube/contract';
import { messageOf } from './errors.ts';
import type { OutputSource } from './report/lane.ts';
import type { StepOutcome, StepRun, StepRunner } from './worker/step-runner.ts';

/** What a {@link StepTask} tells. */
export type StepListener = { started(): void; ended(outcome: StepOutcome): void };

/** One step on its way: start, wait, and end it when told to. Never throws: all that can happen is an outcome. */
export class StepTask {
  readonly #runner: StepRunner;
  readonly #run: StepRun;
  readonly #calledOff = new AbortController();
  readonly #abandoned = new AbortController();
  #started = false;
  #stopGraceMs: number | undefined;

  constructor(runner: StepRunner, run: StepRun) {
    this.#runner = runner;
    this.#run = run;
  }

  /** Starts the command; `ended` is called once. */
  begin(listener: StepListener): void {
    void this.#start(listener).then(
      (outcome) => listener.ended(outcome),
      (error: unknown) => listener.ended(lost(error)),
    );
  }

  /** Waits for a command that an earlier coordinator has started; only `ended` is called. */
  resume(listener: StepListener): void {
    this.#started = true;
    void this.#runner.ended(this.#run.id, this.#abandoned.signal).then(
      (outcome) => listener.ended(outcome),
      (error: unknown) => listener.ended(lost(error)),
    );
  }

  /** The output, from the journal. Reading it fails when the step is abandoned first. */
  output(): OutputSource {
    const { id } = this.#run;
    return {
      from: (offsets) => this.#runner.output(id, offsets, this.#abandoned.signal),
      read: (stream, offset, bytes) => this.#runner.read(id, { stream, offset, bytes }),
      // What cannot be removed stays until the end of the pod.
      discard: () => void this.#runner.discard(id).catch(() => undefined),
    };
  }

  /** Calls the start off, or ends all processes of the command. `ended` is still called when that is done. */
  stop(graceMs: number): void {
    this.#stopGraceMs = graceMs;
    this.#calledOff.abort();
    if (this.#started) this.#kill(graceMs);
  }

  /** Stops waiting for the command and for its output. */
  abandon(): void {
    this.#calledOff.abort();
    this.#abandoned.abort();
  }

  async #start(listener: StepListener): Promise<StepOutcome> {
    const early = await this.#runner.start(this.#run, this.#calledOff.signal);
    if (early !== undefined) return early;
    this.#started = true;
    listener.started();
    // The command was faster than the wish to call it off.
    if (this.#stopGraceMs !== undefined) this.#kill(this.#stopGraceMs);
    return this.#runner.ended(this.#run.id, this.#abandoned.signal);
  }

  #kill(graceMs: number): void {
    // A kill that does not get through is not repeated here: the limit of the job decides what follows.
    this.#runner.kill(this.#run.id, graceMs).catch(() => undefined);
  }
}

const lost = (error: unknown): StepOutcome => ({ kind: 'lost', reason: reason('StreamLost', messageOf(error)) });
