import type { KubeErrorCode } from './codes.ts';
import { KubeError, type KubeErrorFacts } from './kube-error.ts';

/** The part of Kubernetes' `Status` that says which fields are wrong, and what the object is. */
export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
};

/** Facts of an answer with an error status. */
export type ApiErrorFacts = KubeErrorFacts & {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly details?: StatusDetails | undefined;
  readonly auditId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
};

/** The API server answered with an error status. */
export class ApiError extends KubeError {
  /** HTTP status code. */
  readonly status: number;
  /** Reason of the `Status` body, e.g. `NotFound`; undefined when the body was none. */
  readonly reason: string | undefined;
  readonly details: StatusDetails | undefined;
  /** The `Audit-Id` header, under which the API server's audit log keeps the request. */
  readonly auditId: string | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: KubeErrorCode, facts: ApiErrorFacts) {
    super(code, facts);
    this.status = facts.status;
    this.reason = facts.reason;
    this.details = facts.details;
    this.auditId = facts.auditId;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/**
 * The watch cannot go on from where it was: the server no longer has the history (410 in one of its forms).
 * List again and watch from the new resource version; an informer does so by itself.
 */
export class WatchExpiredError extends ApiError {
  constructor(facts: ApiErrorFacts) {
    super('WatchExpired', facts);
  }
}
