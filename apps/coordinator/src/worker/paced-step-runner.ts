import type { OutputReading, StepOutcome, StepRun, StepRunner } from './step-runner.ts';

/**
 * Starts a step only while the output that ended steps have left on the control volume is below a limit, so that steps
 * which go on while nobody takes their output do not fill the volume. A coordinator that is started again counts anew.
 */
export class PacedStepRunner implements StepRunner {
  readonly #runner: StepRunner;
  readonly #limitBytes: number;
  /** Bytes that a run has left, by its id. */
  readonly #left = new Map<string, number>();
  #room = Promise.withResolvers<undefined>();

  constructor(runner: StepRunner, limitBytes: number) {
    this.#runner = runner;
    this.#limitBytes = limitBytes;
  }

  async start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined> {
    const calledOff = Promise.withResolvers<undefined>();
    const callOff = () => calledOff.resolve(undefined);
    signal.addEventListener('abort', callOff);
    while (this.#leftBytes() > this.#limitBytes && !signal.aborted)
      await Promise.race([this.#room.promise, calledOff.promise]);
    signal.removeEventListener('abort', callOff);
    return this.#leftBytes() > this.#limitBytes ? { kind: 'not-started' } : this.#runner.start(run, signal);
  }

  async ended(id: string, signal: AbortSignal): Promise<StepOutcome> {
    const outcome = await this.#runner.ended(id, signal);
    if (outcome.kind === 'exited') this.#left.set(id, outcome.exit.bytes.stdout + outcome.exit.bytes.stderr);
    return outcome;
  }

  async discard(id: string): Promise<void> {
    await this.#runner.discard(id);
    this.#left.delete(id);
    this.#room.resolve(undefined);
    this.#room = Promise.withResolvers<undefined>();
  }

  output(...of: Parameters<StepRunner['output']>): OutputReading {
    return this.#runner.output(...of);
  }

  read(...of: Parameters<StepRunner['read']>): Promise<Buffer> {
    return this.#runner.read(...of);
  }

  kill(id: string, graceMs: number): Promise<void> {
    return this.#runner.kill(id, graceMs);
  }

  endWorker(): Promise<void> {
    return this.#runner.endWorker();
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  #leftBytes(): number {
    return [...this.#left.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
