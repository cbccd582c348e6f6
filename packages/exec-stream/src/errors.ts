/** Whether the command can have run when the error came. Only `no` allows to try again blindly. */
export type Started = 'no' | 'maybe' | 'yes';

interface ErrorEntry {
  readonly summary: string;
  readonly retryable: boolean;
}

/** Every way an exec can fail. A spec keeps it equal to docs/errors.md of this package. */
export const execErrors = {
  EXEC_REFUSED: { summary: 'The API server refused the exec', retryable: false },
  EXEC_NOT_READY: { summary: 'The container does not accept commands yet', retryable: true },
  EXEC_START_FAILED: { summary: 'The command could not be started', retryable: false },
  EXEC_CONNECT_FAILED: { summary: 'No connection to the API server', retryable: true },
  EXEC_CONNECTION_LOST: { summary: 'The connection was lost before the command reported its end', retryable: false },
  EXEC_EXIT_UNKNOWN: { summary: 'The server reported an end without proof', retryable: false },
  EXEC_TIMEOUT: { summary: 'The time limit was reached', retryable: false },
  EXEC_ABORTED: { summary: 'The caller gave up', retryable: false },
  EXEC_PROTOCOL: { summary: 'The server broke the exec protocol', retryable: false },
  EXEC_STDIN_EOF: { summary: 'The server cannot end stdin', retryable: false },
  EXEC_LOST: { summary: 'The launcher of the run died without an exit record', retryable: false },
  EXEC_POD_DELETED: { summary: 'The pod was deleted', retryable: false },
  EXEC_POD_EVICTED: { summary: 'The pod was evicted', retryable: false },
  EXEC_OOM_KILLED: { summary: 'The container was killed for want of memory', retryable: false },
  EXEC_CONTAINER_ENDED: { summary: 'The container ended', retryable: false },
  EXEC_CONTAINER_RESTARTED: { summary: 'The container was restarted', retryable: false },
  EXEC_FREED: { summary: 'The output before this offset was acknowledged and removed', retryable: false },
  EXEC_JOURNAL: { summary: 'The journal of the run cannot be trusted', retryable: false },
  EXEC_COPY_TOOLS: { summary: 'The image lacks what a copy needs', retryable: false },
  EXEC_COPY_FAILED: { summary: 'The copy failed', retryable: false },
  EXEC_COPY_CORRUPT: { summary: 'What arrived is not what was sent', retryable: false },
  EXEC_COPY_UNSAFE: { summary: 'The archive wants more than it may', retryable: false },
} as const satisfies Record<string, ErrorEntry>;

/** Key of {@link execErrors}. */
export type ExecErrorCode = keyof typeof execErrors;

/** Facts that go with an {@link ExecError}. */
export interface ExecErrorFacts {
  readonly started: Started;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** HTTP status of a refused handshake. */
  readonly status?: number;
  /** `reason` of the Kubernetes Status, where there was one. */
  readonly reason?: string;
  /** When the server is ready to be asked again, by its own word. */
  readonly retryAfterMs?: number;
  /** Processes still alive after the tree was ended; undefined when nobody could look. */
  readonly survivors?: number;
}

/** Base of all errors of this package. Use {@link isExecError} or `code`, not the message. */
export class ExecError extends Error {
  readonly code: ExecErrorCode;
  /** True: nothing ran, and the same call may succeed later. */
  readonly retryable: boolean;
  readonly started: Started;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly survivors: number | undefined;
  readonly #detail: string;

  constructor(code: ExecErrorCode, detail: string, facts: ExecErrorFacts) {
    const entry: ErrorEntry = execErrors[code];
    super([entry.summary + (detail === '' ? '' : `: ${detail}`), facts.hint].filter(Boolean).join('. '), {
      cause: facts.cause,
    });
    this.name = new.target.name;
    this.code = code;
    this.started = facts.started;
    this.retryable = entry.retryable && facts.started === 'no';
    this.hint = facts.hint;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
    this.survivors = facts.survivors;
    this.#detail = detail;
  }

  /** The same error once the command was ended; undefined when nobody could look whether it is gone. */
  withSurvivors(survivors: number | undefined): ExecError {
    const end = survivors === 0 ? 'the command was ended' : 'the command may still run';
    const Kind = this.constructor as typeof ExecError;
    return new Kind(this.code, `${this.#detail}; ${end}`, {
      started: 'yes',
      cause: this.cause,
      ...(this.hint !== undefined && { hint: this.hint }),
      ...(survivors !== undefined && { survivors }),
    });
  }
}

/** The command did not start: refused, container not there, or no such program. Always `started: 'no'`. */
export class ExecStartError extends ExecError {}
/** The connection ended without a status. The command may still run. */
export class ExecConnectionLostError extends ExecError {}
/** The server says the command ended, but nothing proves it. Treat as unknown, never as success. */
export class ExecExitUnknownError extends ExecError {}
/** `timeoutMs` was over. {@link ExecError.survivors} says whether the command is gone. */
export class ExecTimeoutError extends ExecError {}
/** The caller's signal was aborted. {@link ExecError.survivors} says whether the command is gone. */
export class ExecAbortedError extends ExecError {}
/** The run was claimed, and its launcher is dead without an exit record. It is never run again. */
export class ExecLostError extends ExecError {}

/** The pod or its container ended under the command. What was running in it is gone. */
export class ExecPodError extends ExecError {}

/** A copy is not whole, or must not be made. Nothing is in its place then, but for directories in a container. */
export class ExecCopyError extends ExecError {}

/** True for every error of this package, also across copies of it. */
export function isExecError(error: unknown): error is ExecError {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && Object.hasOwn(execErrors, error.code);
}
