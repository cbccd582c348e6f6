import type { Reason } from '@danube/contract';
import type { Outputs } from './read-outputs.ts';

/** The command of a step in the worker. One id is one run, however often it is asked for. */
export type StepRun = {
  readonly id: string;
  /** Name of the step, for messages. */
  readonly name: string;
  readonly run: string | readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** Ended, with all its processes, after this time. */
  readonly timeoutMs?: number;
};

/** A stream of a command. */
export type StreamName = 'stdout' | 'stderr';

/** A piece of output as it stands in the run's journal on the control volume. */
export type OutputChunk = { readonly stream: StreamName; readonly offset: number; readonly data: Buffer };

/** Output while it is read. */
export type OutputReading = AsyncIterable<OutputChunk> & {
  /** Says that the bytes below these offsets are not asked for again, so that they need not be kept. */
  release(offsets: Readonly<Record<StreamName, number>>): void;
};

/** A part of the output of a run. */
export type OutputRange = { readonly stream: StreamName; readonly offset: number; readonly bytes: number };

/** What proves how a command ended. */
export type ExitEvidence = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: 'exit' | 'timeout' | 'killed' | 'orphaned';
  readonly bytes: { readonly stdout: number; readonly stderr: number };
  readonly durationMs: number;
  /** When it ended, as an ISO date. */
  readonly finishedAt: string;
  readonly memoryPeakBytes?: number;
  readonly oomKills?: number;
};

/**
 * How a step ended. Only `exited` carries an exit code: absence of evidence is never success.
 *
 * - `exited`: there is an exit record; with the outputs that the command has left.
 * - `not-started`: it was called off before its command ran.
 * - `refused`: its command can never run as it is written; the reason says why.
 * - `lost`: nobody can tell any more, or the worker cannot be reached.
 */
export type StepOutcome =
  | { readonly kind: 'exited'; readonly exit: ExitEvidence; readonly outputs?: Outputs }
  | { readonly kind: 'not-started' }
  | { readonly kind: 'refused'; readonly reason: Reason }
  | { readonly kind: 'lost'; readonly reason: Reason };

/** What the coordinator needs of the worker. Production: exec-stream; tests: local processes or a script. */
export type StepRunner = {
  /**
   * Starts the run, or finds it started; safe to repeat, at most one run results. Resolves once the command is known to
   * run or to have run. Waits while the worker container is not there yet.
   *
   * @returns the outcome when it is decided already that the command will not run.
   */
  start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined>;
  /** Resolves when the run has ended, or when it is known that nobody will ever tell. */
  ended(id: string, signal: AbortSignal): Promise<StepOutcome>;
  /** The output of a run from these offsets to its end. Ends with an error when the end cannot be reached. */
  output(id: string, offsets: Readonly<Record<StreamName, number>>, signal: AbortSignal): OutputReading;
  /** Bytes of the output of a run that are known to be there. */
  read(id: string, range: OutputRange): Promise<Buffer>;
  /** Removes the output of a run that has ended: nobody asks for it again. Can be repeated. */
  discard(id: string): Promise<void>;
  /** Ends all processes of a run: TERM, grace, KILL. Does nothing for a run that never started. */
  kill(id: string, graceMs: number): Promise<void>;
  /** Ends the worker container. */
  endWorker(): Promise<void>;
  /** Lets go of connections. */
  close(): Promise<void>;
};
