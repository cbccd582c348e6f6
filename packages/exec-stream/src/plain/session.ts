import { randomBytes } from 'node:crypto';
import { PassThrough, type Writable } from 'node:stream';
import { type ConnectionEnd, ExecConnection, type ConnectionOptions } from '../connection/connection.ts';
import { ExecAbortedError, ExecError, ExecPodError, ExecTimeoutError } from '../errors.ts';
import type { PodWatches } from '../pod/pod-watches.ts';
import { withRetry } from '../retry.ts';
import type { ExecClient, ExecProtocol, ExecResult, ExecSession, ExecTarget } from '../types.ts';
import { endCommand } from './end-command.ts';
import type { PlainOptions } from './options.ts';
import { EndWord } from './end-word.ts';
import { judge } from './outcome.ts';
import { Output } from './output.ts';
import { SentinelFilter, wrapCommand } from './sentinel.ts';
import { sendStdin } from './stdin.ts';

/** What to run where. */
export interface PlainCommand {
  readonly target: ExecTarget;
  readonly argv: readonly string[];
  readonly options: PlainOptions;
}

/** What all plain execs of an `ExecStream` share. */
export type PlainBase = ConnectionOptions & { readonly pods: PodWatches };

/** One plain exec: one connection, two outputs, one verdict. */
export class PlainSession implements ExecSession {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin?: Writable;
  readonly result: Promise<ExecResult>;
  readonly #client: ExecClient;
  readonly #command: PlainCommand;
  readonly #base: ConnectionOptions;
  readonly #pods: PodWatches;
  readonly #nonce: string | undefined;
  readonly #cancel = new AbortController();
  readonly #over = new AbortController();
  #connection: ExecConnection | undefined;
  #size: { readonly columns: number; readonly rows: number } | undefined;

  constructor(client: ExecClient, base: PlainBase, command: PlainCommand) {
    this.#client = client;
    const { pods, ...connection } = base;
    this.#pods = pods;
    this.#base = { ...connection, ...(command.options.protocols && { protocols: command.options.protocols }) };
    this.#command = command;
    this.#nonce = command.options.verify === 'sentinel' ? randomBytes(16).toString('hex') : undefined;
    this.stdout = new Output(() => this.#resume());
    this.stderr = new Output(() => this.#resume());
    if (command.options.stdin === true) this.stdin = new PassThrough();
    this.result = this.#run();
    // Who only reads the streams is not punished for it.
    this.result.catch(() => undefined);
  }

  get protocol(): ExecProtocol | undefined {
    return this.#connection?.protocol;
  }

  resize(size: { readonly columns: number; readonly rows: number }): void {
    if (!this.#command.options.tty) return;
    this.#size = size;
    this.#connection?.resize(size);
  }

  /** Ends the command, if it still runs, and waits until everything is settled. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel.abort(new ExecAbortedError('EXEC_ABORTED', 'the session was disposed', { started: 'maybe' }));
    await this.result.catch(() => undefined);
  }

  async #run(): Promise<ExecResult> {
    const { timeoutMs, signal, retryForMs } = this.#command.options;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () => this.#cancel.abort(new ExecTimeoutError('EXEC_TIMEOUT', `${timeoutMs} ms`, { started: 'maybe' })),
            timeoutMs,
          );
    const onAbort = (): void =>
      this.#cancel.abort(
        new ExecAbortedError('EXEC_ABORTED', 'by its signal', { started: 'maybe', cause: signal?.reason }),
      );
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const began = performance.now();
    this.#watchPod();
    try {
      const once = (): Promise<ExecResult> => this.#once(began);
      return await withRetry(once, { retryForMs, signal: this.#cancel.signal });
    } catch (error) {
      throw this.#cancel.signal.aborted ? await this.#ended(error) : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#over.abort();
      this.stdin?.destroy();
      this.stdout.finish();
      this.stderr.finish();
    }
  }

  /** Ends this exec when its container has ended: a connection to a pod that is gone can stay open and silent. */
  #watchPod(): void {
    const { target } = this.#command;
    const reader = this.#client.pods?.(target.namespace);
    if (!reader) return;
    void this.#pods.ended(reader, target, this.#over.signal).then((end) => {
      if (end) this.#cancel.abort(end);
    });
  }

  /** One connection, from dialling to verdict. */
  async #once(began: number): Promise<ExecResult> {
    this.#cancel.signal.throwIfAborted();
    const { argv, target, options } = this.#command;
    const nonce = this.#nonce;
    const filters = nonce === undefined ? undefined : filtersOf(nonce, options.tty);
    const waits = nonce !== undefined && !options.tty && options.stdin === undefined;
    const marks = (): number =>
      filters === undefined
        ? 0
        : Number(filters.stdout.sentinel !== undefined) + Number(filters.stderr.sentinel !== undefined);
    const endWord = new EndWord({
      count: () => (waits ? marks() : 0),
      isPaused: () => this.stdout.full || this.stderr.full,
      send: () => this.#connection?.sendStdin(ALL_CAME, () => undefined),
    });
    const { promise, resolve, reject } = Promise.withResolvers<ConnectionEnd>();
    const connection = await ExecConnection.open(
      this.#client,
      {
        target,
        argv: nonce === undefined ? argv : wrapCommand(nonce, argv, { tty: options.tty, waits }),
        stdin: waits || options.stdin !== undefined,
        tty: options.tty,
      },
      {
        ...this.#base,
        signal: this.#cancel.signal,
        handler: {
          output: (stream, payload) => {
            this[stream].deliver(filters ? filters[stream].push(payload) : payload);
            if (this[stream].full) this.#connection?.pause();
            endWord.look();
          },
          isComplete: () => marks() === 2,
          end: resolve,
        },
      },
    );
    this.#connection = connection;
    if (this.#size) connection.resize(this.#size);
    const onCancel = (): void => {
      reject(this.#cancel.signal.reason as ExecError);
      connection.close();
    };
    this.#cancel.signal.addEventListener('abort', onCancel, { once: true });
    if (this.#cancel.signal.aborted) onCancel();
    this.#feed(connection, reject);
    try {
      const end = await promise;
      for (const stream of ['stdout', 'stderr'] as const) this[stream].deliver(filters?.[stream].flush() ?? NOTHING);
      const bytes = { stdout: this.stdout.bytes, stderr: this.stderr.bytes };
      const verdict = judge({
        end,
        sentinels: filters && { stdout: filters.stdout.sentinel, stderr: filters.stderr.sentinel },
        outputSeen: bytes.stdout + bytes.stderr > 0,
      });
      if (verdict instanceof ExecError) {
        // Nothing ran, so there is nothing to end.
        if (verdict.started === 'no') this.#connection = undefined;
        throw verdict;
      }
      return { ...verdict, reason: 'exit', bytes, durationMs: performance.now() - began };
    } finally {
      endWord.stop();
      this.#cancel.signal.removeEventListener('abort', onCancel);
    }
  }

  #feed(connection: ExecConnection, fail: (error: Error) => void): void {
    const source = this.stdin instanceof PassThrough ? this.stdin : this.#command.options.stdin;
    if (source === undefined || source === true) return;
    // A command that waits for an end of stdin that cannot come is ended, too.
    sendStdin(connection, source, this.#over.signal).catch((error: unknown) => {
      fail(error as Error);
      this.#cancel.abort(error);
    });
  }

  /** Resumes the socket when both streams have room. */
  #resume(): void {
    if (!this.stdout.full && !this.stderr.full) this.#connection?.resume();
  }

  /** The error of a cancelled exec, after the command was ended as far as that is possible. */
  async #ended(error: unknown): Promise<unknown> {
    const reason: unknown = this.#cancel.signal.reason;
    if (!(reason instanceof ExecError)) return error;
    if (this.#connection === undefined || reason instanceof ExecPodError) return reason;
    const survivors =
      this.#nonce === undefined
        ? undefined
        : await endCommand(this.#client, this.#command.target, {
            ...this.#base,
            cookie: this.#nonce,
            graceMs: this.#command.options.graceMs,
          });
    return reason.withSurvivors(survivors);
  }
}

/** A terminal has one stream, and so one end mark. */
function filtersOf(nonce: string, tty: boolean): { readonly stdout: SentinelFilter; readonly stderr: SentinelFilter } {
  const stdout = new SentinelFilter(nonce);
  return { stdout, stderr: tty ? stdout : new SentinelFilter(nonce) };
}

const NOTHING = Buffer.alloc(0);
/** What the wrapper waits for. */
const ALL_CAME = Buffer.from('\n');
