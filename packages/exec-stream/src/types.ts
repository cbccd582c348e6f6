import type { PodReader } from './pod/pod-watches.ts';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** The container a command runs in. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A WebSocket subprotocol of the exec API. v5 can end stdin alone; v4 cannot. */
export type ExecProtocol = 'v5.channel.k8s.io' | 'v4.channel.k8s.io';

/**
 * The part of a Kubernetes client that exec needs: an authenticated address for an upgrade.
 * `KubeClient` of `@danube/k8s-client` is one.
 */
export interface ExecClient {
  upgradeRequest(request: { readonly path: string; readonly query?: ExecQuery }): Promise<UpgradeRequest>;
  /** When it is there, commands that take longer than a second are ended with the pod they run in. Needs `get` and `watch` on `pods`. */
  pods?(namespace: string): PodReader;
}

/** Query parameters of an exec request. A list is a repeated parameter. */
export type ExecQuery = Readonly<Record<string, string | boolean | readonly string[]>>;

/** Where and how to dial: what {@link ExecClient.upgradeRequest} answers. */
export interface UpgradeRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: {
    readonly ca?: string | Buffer | (string | Buffer)[];
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** Opens a way through a proxy to the server; absent when there is none in the way. TLS with the server is spoken in it. */
  readonly tunnel?: () => Promise<Socket>;
}

/** Bytes of each stream. */
export interface StreamBytes {
  readonly stdout: number;
  readonly stderr: number;
}

/** Why a command ended: by itself, because its time was over, or because it was told to. */
export type EndReason = 'exit' | 'timeout' | 'killed';

/** How a plain exec ended. */
export interface ExecResult {
  /** Exit code as a shell shows it (128 + n may be a signal); null when {@link ExecResult.signal} is known. */
  readonly code: number | null;
  /** Name of the signal that ended the command, e.g. `SIGKILL`; null unless it is known for certain. */
  readonly signal: string | null;
  readonly reason: EndReason;
  /** True: the exit code and the completeness of both streams are proven in band. False: only the server says so. */
  readonly verified: boolean;
  readonly bytes: StreamBytes;
  readonly durationMs: number;
}

/** Options of a plain exec. */
export interface ExecOptions {
  /** What the command reads. A stream ends stdin when it ends, which only v5 can tell the command. `true` gives {@link ExecSession.stdin}. */
  readonly stdin?: Readable | Buffer | string | true;
  /** Run under a terminal: one merged stream (stdout), which the terminal changes (LF becomes CR LF). @default false */
  readonly tty?: boolean;
  /** Ends the exec after this time. @default no limit */
  readonly timeoutMs?: number;
  /** Time between TERM and KILL when timeout or abort ends the command. @default 2000 */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
  /** Offered in this order in one header. @default both, v5 first */
  readonly protocols?: readonly ExecProtocol[];
  /**
   * `sentinel` wraps the command in `sh` and proves exit code and completeness in band; without the proof the result is an
   * `ExecExitUnknownError`. `none` takes the server's word (`verified: false`): for images without `sh`.
   * @default 'sentinel', 'none' with tty
   */
  readonly verify?: 'sentinel' | 'none';
  /**
   * How long to try again while nothing can have started: the container is not there yet, the server is away, or it denies (which is
   * believed after 15 s: a server that has just started denies everything). @default 0
   */
  readonly retryForMs?: number;
}

/** A running plain exec. Read both streams (or resume them): an unread stream stops the command once its buffers are full. */
export interface ExecSession extends AsyncDisposable {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Present when the exec was started with `stdin: true`. */
  readonly stdin?: Writable;
  /** Settles once, after both streams have ended. Rejects with an `ExecError`. */
  readonly result: Promise<ExecResult>;
  /** Subprotocol in use, once the connection stands. */
  readonly protocol: ExecProtocol | undefined;
  /** Tells a terminal its size; before the connection stands, the last size is kept for it. Does nothing without `tty`. */
  resize(size: { readonly columns: number; readonly rows: number }): void;
}

/** Names one durable run: a directory, and an id in it that the caller chooses. */
export interface RunRef {
  /** 1 to 128 of `A-Z a-z 0-9 . _ -`, not beginning with a dot. Same id = same run, for ever. */
  readonly id: string;
  /** Control directory. Writable in the container; the run's files are in `<dir>/<id>/`. */
  readonly dir: string;
}

/** A command to be run at most once. */
export interface RunSpec extends RunRef {
  /** A script for `sh -e`, or an argument list. It reaches the container over stdin, never by URL or argument list. */
  readonly run: string | readonly string[];
  /** Added to the container's environment, for this command only. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the container's working directory */
  readonly workingDir?: string;
  /** Enforced in the container, whatever happens to the client. @default no limit */
  readonly timeoutMs?: number;
  /** Time between TERM and KILL. @default 10000 */
  readonly graceMs?: number;
  /** Cap of the journal, for each stream. What it means is said by {@link RunSpec.whenFull}. @default no limit */
  readonly maxOutputBytes?: number;
  /**
   * `backpressure`: the command waits, as it does for a slow terminal, until a reader {@link Journal.acknowledge | acknowledges} what it
   * has; the journal then never holds more than the cap (and what is in the pipe when the command ends). Without a reader that
   * acknowledges, the command waits for ever: give a time limit or {@link RunSpec.orphanAfterMs}.
   * `truncate`: what comes after the cap is thrown away without stopping the command, and {@link ExitRecord.incomplete} names the stream.
   * @default 'backpressure'
   */
  readonly whenFull?: 'backpressure' | 'truncate';
  /**
   * Ends the run when nobody has read its journal for this time, by {@link ExecStream.attach} or by {@link readJournal} on a volume that can be
   * written. Readers renew every 3 s, so at least 10000. @default never: a run survives its readers
   */
  readonly orphanAfterMs?: number;
}

/** `started` by this call; `running` or `exited` from an earlier one; `lost`: claimed, but its launcher died without a record. */
export type RunState = 'started' | 'running' | 'exited' | 'lost';

/** The proof of how a run ended, written by the launcher beside the output. */
export interface ExitRecord {
  /** Exit code; null when {@link ExitRecord.signal} is known. */
  readonly code: number | null;
  /** e.g. `SIGKILL`; null unless known for certain. */
  readonly signal: string | null;
  /** `orphaned`: nobody watched it for {@link RunSpec.orphanAfterMs}. */
  readonly reason: EndReason | 'orphaned';
  readonly bytes: StreamBytes;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** By the monotonic clock, to 10 ms. */
  readonly durationMs: number;
  /** Peak memory of the container's cgroup, where it is readable. */
  readonly memoryPeakBytes?: number;
  /** OOM kills in the container's cgroup during the run, where readable. */
  readonly oomKills?: number;
  /** Processes the command left behind, which were killed. */
  readonly strays?: number;
  /** Processes that could not be killed, e.g. because they run as another user. */
  readonly survivors?: number;
  /**
   * Streams whose journal may not be complete: because of `whenFull: 'truncate'`, a full volume, or because the stream was still held open
   * (or its writer stuck) 2 s after all processes that could be found had ended. Absent: both are complete.
   */
  readonly incomplete?: readonly ('stdout' | 'stderr')[];
}

/** A piece of output. */
export interface JournalChunk {
  readonly stream: 'stdout' | 'stderr';
  /** Position of the first byte in its stream. `offset + data.length` is what to hand to the next reader. */
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * The output of a run from given offsets on. Iterate it once; the iteration ends only when the exit record is there and
 * the offsets equal its byte counts. {@link Journal.exit} settles when the iteration has ended.
 */
export interface Journal extends AsyncIterable<JournalChunk> {
  readonly exit: Promise<ExitRecord>;
  /**
   * Says that nobody needs the bytes below these offsets again, so that they may be removed in the container. Call it once they are
   * where they belong: after that no reader can go on at a smaller offset. Returns at once; the last word counts.
   */
  acknowledge(offsets: Partial<StreamBytes>): void;
}

/** A run that is started and read on one connection, and on others when that breaks. Disposing of it ends the reading, not the run. */
export interface Run extends Journal, AsyncDisposable {
  readonly id: string;
  /** How it was found. Rejects with an `ExecError`, e.g. when the container cannot take it. */
  readonly started: Promise<{ readonly state: RunState }>;
}
