import { type Reason, reason } from '@danube/contract';
import { paths } from '@danube/contract/names';
import type { ExitRecord, Journal, ReadJournalOptions, RunRef, StreamBytes } from '@danube/exec-stream';
import { join } from 'node:path';
import { CoordinatorError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { isThere, missingDirectory } from './missing-directory.ts';
import { isAnswer, isNotReady, outcomeOfError } from './outcome-of-error.ts';
import { readOutputs } from './read-outputs.ts';
import type {
  ExitEvidence,
  OutputChunk,
  OutputRange,
  OutputReading,
  StepOutcome,
  StepRun,
  StepRunner,
} from './step-runner.ts';
import { whenClaimed } from './when-claimed.ts';
import { connectToWorker, type WorkerConnection } from './worker-connection.ts';
import { whyWorkerIsGone } from './worker-loss.ts';

/** Ends the idle loop of the worker, which has left its process id on the control volume. */
const END_WORKER = ['sh', '-c', 'kill -TERM "$(cat "$DANUBE_CONTROL/worker.pid")"'];
/** Time for that, in milliseconds. */
const END_WORKER_MS = 5000;
/** Exit code of what ends together with its container, as that kill may. */
const KILLED = 137;
/** A worker that was there, and is not found for so long, is gone. In milliseconds; a kubelet that restarts misses less. */
const GONE_AFTER_MS = 3000;
/** Time between two looks after a quiet run, in milliseconds. */
const LOOK_EVERY_MS = 10_000;

/** Numbers of an {@link ExecStepRunner}, in milliseconds. */
export type ExecStepRunnerOptions = {
  /** How long the Kubernetes API may be away while a step is to be started: as long as exec-stream reads on. @default 300_000 */
  readonly apiPatienceMs?: number;
  /** When a start has no answer after so long, the control volume is asked now and then whether it got through. @default 5000 */
  readonly answerPatienceMs?: number;
  /** From TERM to KILL when the timeout of a step is over. @default 5000 */
  readonly graceMs?: number;
};

type Unanswered = { readonly error: unknown; readonly isCalledOff: boolean };

/** What steps are run through. */
export type ConnectTo = (settings: Settings) => Promise<WorkerConnection>;

/**
 * Runs steps in the worker container of the own pod: they are started and killed through the exec API, and their output
 * and exit records are read from the control volume, so that no log byte depends on a connection.
 *
 * Nothing is loaded or opened before the first step is started.
 */
export class ExecStepRunner implements StepRunner {
  readonly #settings: Settings;
  readonly #options: Required<ExecStepRunnerOptions>;
  readonly #connectTo: ConnectTo;
  #connection: Promise<WorkerConnection> | undefined;
  #worker: 'not seen' | 'seen' | 'gone' = 'not seen';
  #lookedAt = 0;

  /** `connectTo` is called before the first step. */
  constructor(settings: Settings, options: ExecStepRunnerOptions = {}, connectTo: ConnectTo = connectToWorker) {
    this.#settings = settings;
    this.#connectTo = connectTo;
    this.#options = Object.freeze({ apiPatienceMs: 300_000, answerPatienceMs: 5000, graceMs: 5000, ...options });
  }

  async start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined> {
    // A run that left a trace was started by an earlier coordinator: then there was a worker.
    if (this.#worker === 'not seen' && (await isThere(join(this.#settings.control, run.id)))) this.#worker = 'seen';
    const missing = await missingDirectory(run, this.#settings);
    if (missing !== undefined) return { kind: 'refused', reason: missing };
    for (;;) {
      try {
        return await this.#start(run, signal);
      } catch (error) {
        // An image can take long to be pulled. The api-server knows when it never will; here the job's time is the limit.
        if (isNotReady(error) && this.#worker === 'not seen' && !signal.aborted) continue;
        return this.#unanswered(run.id, { error, isCalledOff: signal.aborted });
      }
    }
  }

  async ended(id: string, signal: AbortSignal): Promise<StepOutcome> {
    try {
      // A reader of its own, because that of `output` is only as fast as the reports are taken.
      const journal = await this.#journal(id, signal, { streams: [] });
      await journal[Symbol.asyncIterator]().next();
      const exit = this.#ownFacts(await journal.exit);
      const outputs = await readOutputs(join(this.#settings.control, id));
      return { kind: 'exited', exit, ...(outputs === undefined ? {} : { outputs }) };
    } catch (error) {
      return this.#worker === 'gone' ? { kind: 'lost', reason: await this.#lost() } : outcomeOfError(error);
    }
  }

  output(id: string, offsets: StreamBytes, signal: AbortSignal): OutputReading {
    const opened = this.#journal(id, signal, { offsets });
    // Who iterates is told; who only releases has nothing to lose.
    opened.catch(() => undefined);
    return {
      release: (upTo) => void opened.then((journal) => journal.acknowledge(upTo)).catch(() => undefined),
      [Symbol.asyncIterator]: () => chunksOf(opened),
    };
  }

  async discard(id: string): Promise<void> {
    const { discardJournal } = await import('@danube/exec-stream');
    await discardJournal(this.#ref(id));
  }

  async read(id: string, { stream, offset, bytes }: OutputRange): Promise<Buffer> {
    const { readJournalRange } = await import('@danube/exec-stream');
    return readJournalRange({ ...this.#ref(id), stream, offset, bytes }).catch((cause: unknown) => {
      throw new CoordinatorError('OUTPUT_CUT', stream, { cause });
    });
  }

  async kill(id: string, graceMs: number): Promise<void> {
    await this.#kill(id, { graceMs, retryForMs: GONE_AFTER_MS });
  }

  async endWorker(): Promise<void> {
    if (this.#worker === 'gone') return;
    const { exec, target } = await this.#connect();
    const times = { timeoutMs: END_WORKER_MS, retryForMs: END_WORKER_MS };
    await using session = exec.exec(target, END_WORKER, { ...times, verify: 'none' });
    session.stdout.resume();
    session.stderr.resume();
    const { code } = await session.result;
    if (code !== 0 && code !== KILLED) throw new CoordinatorError('WORKER_NOT_ENDED', `kill ended with ${code ?? '?'}`);
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.client.close();
  }

  /** Local mode has its volumes elsewhere and no containers: what is counted there is the memory of the whole machine. */
  #ownFacts({ memoryPeakBytes, ...record }: ExitRecord): ExitEvidence {
    const isContainer = this.#settings.workspace === paths.workspace;
    return isContainer && memoryPeakBytes !== undefined ? { ...record, memoryPeakBytes } : record;
  }

  async #start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined> {
    const { exec, target } = await this.#connect();
    const { control: dir, api, journalBytes } = this.#settings;
    // Alone, nobody acknowledges: all output waits to be said again after a restart.
    const cap = api === undefined ? {} : { maxOutputBytes: journalBytes };
    const { name, ...spec } = { ...run, ...cap, dir, graceMs: this.#options.graceMs };
    using claim = whenClaimed(this.#ref(run.id), this.#options.answerPatienceMs);
    const state = await exec
      .start(target, spec, {
        signal: AbortSignal.any([signal, claim.signal]),
        retryForMs: this.#options.apiPatienceMs,
      })
      .then(
        ({ state }) => state,
        (error: unknown) => {
          if (claim.signal.aborted) return 'claimed';
          throw error;
        },
      );
    this.#worker = 'seen';
    if (state !== 'lost') return undefined;
    return {
      kind: 'lost',
      reason: reason('StreamLost', `the launcher of step ${JSON.stringify(name)} left no exit record`),
    };
  }

  /**
   * A start without an answer may have got through, or still be on its way. The volume tells, and settles it: either the
   * command has been taken, and then it is followed as any other, or it can never run any more.
   */
  async #unanswered(id: string, { error, isCalledOff }: Unanswered): Promise<StepOutcome | undefined> {
    if (isAnswer(error)) return outcomeOfError(error);
    const { forgoRun } = await import('@danube/exec-stream');
    if ((await forgoRun(this.#ref(id))) === 'claimed') {
      this.#worker = 'seen';
      return undefined;
    }
    if (isCalledOff) return { kind: 'not-started' };
    return isNotReady(error) ? { kind: 'lost', reason: await this.#lost() } : outcomeOfError(error);
  }

  async #kill(id: string, times: { readonly graceMs: number; readonly retryForMs: number }): Promise<void> {
    const { exec, target } = await this.#connect();
    await exec.kill(target, this.#ref(id), times).catch(this.#noteGone);
  }

  async #journal(id: string, signal: AbortSignal, part: Pick<ReadJournalOptions, 'offsets' | 'streams'>) {
    const { readJournal } = await import('@danube/exec-stream');
    if (this.#worker === 'not seen') this.#worker = 'seen';
    return readJournal({ ...this.#ref(id), ...part, signal, probe: () => this.#look(id, signal), probeAfterMs: 1000 });
  }

  /** Looks after a quiet run: at once what is known here, and from time to time in the worker. */
  async #look(id: string, signal: AbortSignal): Promise<{ state: string }> {
    if (this.#worker === 'gone') return { state: 'lost' };
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return { state: 'unknown' };
    this.#lookedAt = performance.now();
    const { exec, target } = await this.#connect();
    return exec.probe(target, this.#ref(id), { signal, retryForMs: GONE_AFTER_MS }).catch((error: unknown) => {
      this.#noteGone(error);
      return { state: 'lost' };
    });
  }

  /** Notes that a worker which was there is not found any more; throws again what says something else. */
  readonly #noteGone = (error: unknown): void => {
    if (!isNotReady(error) || this.#worker === 'not seen') throw error;
    this.#worker = 'gone';
  };

  async #lost(): Promise<Reason> {
    this.#worker = 'gone';
    const { client, target } = await this.#connect();
    return whyWorkerIsGone(client, target);
  }

  #ref(id: string): RunRef {
    return { id, dir: this.#settings.control };
  }

  #connect(): Promise<WorkerConnection> {
    this.#connection ??= this.#connectTo(this.#settings);
    return this.#connection;
  }
}

async function* chunksOf(opened: Promise<Journal>): AsyncGenerator<OutputChunk, void, void> {
  const journal = await opened;
  yield* journal;
  const { incomplete } = await journal.exit;
  if (incomplete !== undefined) throw new CoordinatorError('OUTPUT_CUT', incomplete.join(', '));
}
