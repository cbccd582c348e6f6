import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from './connection/connection.ts';
import { defaultLivenessTimes, type LivenessTimes } from './connection/liveness.ts';
import { TlsMemory } from './connection/tls-memory.ts';
import { attachJournal, type AttachSettings } from './durable/attach.ts';
import { checkMilliseconds, checkRef, checkSpec } from './durable/check-spec.ts';
import { attachment, startAndAttach } from './durable/run.ts';
import { type Program, runProgram } from './durable/run-program.ts';
import type { ExecError } from './errors.ts';
import { ExecExitUnknownError, ExecStartError } from './errors.ts';
import { killProgram, probeProgram, startProgram } from './launcher/programs.ts';
import { PodWatches } from './pod/pod-watches.ts';
import { withRetry } from './retry.ts';
import { normalizePlainOptions } from './plain/options.ts';
import { PlainSession } from './plain/session.ts';
import type {
  ExecClient,
  ExecOptions,
  ExecProtocol,
  ExecSession,
  ExecTarget,
  Journal,
  Run,
  RunRef,
  RunSpec,
  RunState,
  StreamBytes,
} from './types.ts';

/** Options of {@link ExecStream}. */
export interface ExecStreamOptions {
  /** Offered in this order by every exec. @default v5, then v4 */
  readonly protocols?: readonly ExecProtocol[];
  /** Time for TCP, TLS and the upgrade of one connection. @default 15000 */
  readonly handshakeTimeoutMs?: number;
  /** When an idle or stuck connection is given up. */
  readonly liveness?: LivenessTimes;
}

/** Options of the verbs that act on a durable run. All of them are idempotent, so they are tried again on a broken connection. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** How long to try again while the container is not there yet or the connection breaks. @default 30000 */
  readonly retryForMs?: number;
}

/** Commands in containers, through the exec API. Holds no connection; make one and share it. */
export class ExecStream {
  readonly #client: ExecClient;
  readonly #connection: ConnectionOptions & { readonly liveness: LivenessTimes };
  readonly #relayLiveness: LivenessTimes;
  readonly #pods = new PodWatches();

  constructor(client: ExecClient, options: ExecStreamOptions = {}) {
    this.#client = client;
    this.#connection = {
      protocols: options.protocols ?? ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? 15_000,
      liveness: options.liveness ?? defaultLivenessTimes,
      tls: new TlsMemory(),
    };
    this.#relayLiveness = options.liveness ?? relayLivenessTimes;
  }

  /**
   * Runs a command on one connection. Returns at once; the streams carry the output in real time, and `result` the proven end.
   * A connection that breaks is an error, never an exit code, and the command may then still run: see {@link start} for one that
   * survives. Arguments end in URLs and audit logs; give secrets by stdin.
   */
  exec(target: ExecTarget, argv: readonly string[], options: ExecOptions = {}): ExecSession {
    if (argv.length === 0) throw new TypeError('argv: expected at least one word, got none');
    const base = { ...this.#connection, pods: this.#pods };
    return new PlainSession(this.#client, base, { target, argv, options: normalizePlainOptions(options) });
  }

  /**
   * Starts a run and reads it, on one connection: it costs hardly more than {@link exec}, and survives the connection. What {@link start} and
   * {@link attach} promise holds here, too. The command starts at once; its output waits in the journal until it is read.
   */
  run(target: ExecTarget, spec: RunSpec & { readonly offsets?: StreamBytes }, options: RunOptions = {}): Run {
    checkSpec(spec);
    return startAndAttach(spec, this.#reading(target, spec.offsets, options));
  }

  /**
   * Starts a run, unless it was started before. Any number of calls from any number of clients is at most one run.
   * A run whose launcher died before it could write a record is `lost`, and is never started again.
   * @throws ExecStartError `EXEC_START_FAILED` (started: no) when the container cannot take it
   */
  async start(target: ExecTarget, spec: RunSpec, options: RunOptions = {}): Promise<{ readonly state: RunState }> {
    checkSpec(spec);
    const text = startProgram(spec, randomBytes(16).toString('hex'));
    const reply = await this.#run(
      target,
      { operation: 'start', args: [spec.dir, spec.id, spec.workingDir ?? ''], text },
      options,
    );
    if (reply.startsWith('failed ')) {
      throw new ExecStartError('EXEC_START_FAILED', reply.slice('failed '.length), { started: 'no' });
    }
    return { state: oneOf(reply, ['started', 'running', 'exited', 'lost']) };
  }

  /**
   * Reads a run's output through exec, from anywhere. A connection that breaks is taken up again at the same offsets, so the caller sees
   * one stream without gap or repetition. May be called before the run starts, and by any number of readers.
   * @throws ExecLostError when the run's launcher died without a record
   */
  attach(target: ExecTarget, run: RunRef & { readonly offsets?: StreamBytes }, options: RunOptions = {}): Journal {
    checkRef(run);
    return attachJournal({
      ...this.#reading(target, run.offsets, options),
      program: (offsets) => attachment(run, offsets),
    });
  }

  /** Says where a run stands; `absent` when it was never claimed. Looks from inside the container, so `lost` is certain. */
  async probe(target: ExecTarget, run: RunRef, options: RunOptions = {}): Promise<{ readonly state: ProbedState }> {
    checkRef(run);
    const reply = await this.#run(
      target,
      { operation: 'probe', args: [run.dir, run.id], text: probeProgram() },
      options,
    );
    return { state: oneOf(reply, ['running', 'exited', 'lost', 'absent']) };
  }

  /**
   * Ends the whole process tree of a run, daemons included: TERM, grace, KILL until none is left. The exit record follows, with
   * reason `killed` unless the run had ended before. Safe to call at any time, any number of times.
   */
  async kill(
    target: ExecTarget,
    run: RunRef,
    options: RunOptions & { readonly graceMs?: number } = {},
  ): Promise<{ readonly survivors: number }> {
    checkRef(run);
    checkMilliseconds('graceMs', options.graceMs);
    const text = killProgram(options.graceMs ?? 10_000);
    const reply = await this.#run(target, { operation: 'kill', args: [run.dir, run.id], text }, options);
    const survivors = /^[a-z]+ (\d+)$/.exec(reply)?.[1];
    if (survivors === undefined) throw notUnderstood(reply);
    return { survivors: Number(survivors) };
  }

  #reading(
    target: ExecTarget,
    offsets: StreamBytes = { stdout: 0, stderr: 0 },
    { retryForMs = 300_000, signal }: RunOptions = {},
  ): Omit<AttachSettings, 'program'> {
    const connection = { ...this.#connection, liveness: this.#relayLiveness, ...(signal && { signal }) };
    return { client: this.#client, target, offsets, retryForMs, connection, pods: this.#pods };
  }

  #run(target: ExecTarget, program: Program, { retryForMs = 30_000, signal }: RunOptions): Promise<string> {
    const attempt = (): Promise<string> =>
      runProgram(this.#client, target, { ...this.#connection, program, ...(signal && { signal }) });
    return withRetry(attempt, { retryForMs, ...(signal && { signal }), retryable: isWorthAnotherTry });
  }
}

/** The relay says every 3 s that it is alive, so silence is noticed sooner than on a plain exec. */
const relayLivenessTimes: LivenessTimes = {
  ...defaultLivenessTimes,
  pingEveryMs: 2_000,
  deadAfterMs: 10_000,
  stdinStuckAfterMs: 10_000,
};

/** Where a run stands when somebody only looks. */
export type ProbedState = 'running' | 'exited' | 'lost' | 'absent';

/** The launcher's verbs may be repeated after an unclear end: only what cannot get better is final. */
const isWorthAnotherTry = (error: ExecError): boolean =>
  error.retryable || error.code === 'EXEC_CONNECTION_LOST' || error.code === 'EXEC_EXIT_UNKNOWN';

function oneOf<T extends string>(reply: string, states: readonly T[]): T {
  const state = states.find((name) => name === reply);
  if (state !== undefined) return state;
  throw notUnderstood(reply);
}

const notUnderstood = (reply: string): ExecExitUnknownError =>
  new ExecExitUnknownError('EXEC_EXIT_UNKNOWN', `the launcher answered ${JSON.stringify(reply)}`, { started: 'maybe' });
