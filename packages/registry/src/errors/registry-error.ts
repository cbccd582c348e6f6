import { codes, type RegistryErrorCode } from './codes.ts';

/** Facts that an error of this package may carry. */
export type RegistryErrorFacts = {
  /** Says more than the code's own message. Never a body, token or query string. */
  readonly detail?: string | undefined;
  /** HTTP method and path, without the query. */
  readonly request?: string | undefined;
  /** HTTP status, when the registry answered. */
  readonly status?: number | undefined;
  /** The registry's own error code, such as `MANIFEST_UNKNOWN`. */
  readonly reason?: string | undefined;
  /** How long the registry asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

/** Base of every error this package throws, apart from `TypeError` for wrong arguments. Decide by `code`. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly hint: string;
  readonly request: string | undefined;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: RegistryErrorCode, facts: RegistryErrorFacts = {}) {
    const { message, retryable, hint } = codes[code];
    const { detail, request, status, reason } = facts;
    const what = detail === undefined ? message : `${message}: ${detail}`;
    const where = [request, status, reason].filter((part) => part !== undefined).join(', ');
    super(where === '' ? what : `${what} (${where})`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable = retryable;
    this.hint = hint;
    this.request = request;
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Whether an error is one of this package with that code. */
export const hasCode = (error: unknown, ...wanted: readonly RegistryErrorCode[]): error is RegistryError =>
  error instanceof RegistryError && wanted.includes(error.code);
