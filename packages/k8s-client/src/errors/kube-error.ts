import { codes, type KubeErrorCode } from './codes.ts';

/** Facts that every error of this package may carry. */
export type KubeErrorFacts = {
  /** HTTP method and path of the request, without the query. */
  readonly request?: string | undefined;
  readonly cause?: unknown;
  /** Says more than the code's own message. Never a body, header, token or query string. */
  readonly detail?: string | undefined;
  /** Replaces the code's own advice. */
  readonly hint?: string | undefined;
};

/**
 * Base of every error this package throws, apart from `TypeError` for wrong arguments.
 * Decide by {@link KubeError.code} or by the predicates (`isNotFound(error)`), not by the text.
 */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  /** Whether the same call may succeed later. Whether repeating it is safe is another question. */
  readonly retryable: boolean;
  readonly hint: string;
  readonly request: string | undefined;
  /** How often the request was tried. Filled in by the client when the call ends. */
  attempts: number;
  /**
   * Whether the request may have been applied although it failed: an attempt was sent whose fate is unknown.
   * False is certain. Filled in by the client when the call ends.
   */
  maybeApplied = false;

  constructor(code: KubeErrorCode, facts: KubeErrorFacts = {}) {
    const { message, retryable, hint } = codes[code];
    const what = facts.detail === undefined ? message : `${message}: ${facts.detail}`;
    const where = facts.request === undefined ? '' : ` (${facts.request})`;
    super(`${what}${where}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
    this.hint = facts.hint ?? hint;
    this.request = facts.request;
    this.attempts = 1;
  }
}
