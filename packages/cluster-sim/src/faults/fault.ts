/** What a client does, as the authorizer of Kubernetes names it; `connect` is exec and attach, `log` is pods/log. */
export type FaultVerb =
  'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'connect' | 'log';

/** Which requests a fault is for. What is left out fits every request. */
export interface FaultMatch {
  readonly verb?: FaultVerb | readonly FaultVerb[];
  /** Plural of the kind, e.g. `pods`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** How a connection ends: reset (RST), closed (FIN), or silent for ever while it stays open. */
export type CutKind = 'rst' | 'fin' | 'stall';

/**
 * How an exec session lies about its end.
 *
 * - `kubelet-lost`: what the real server does when the kubelet dies: Success and close 1000 on v5, close 1006 on v4
 * - `false-success`: Success and close 1000 on either
 * - `no-status`: all output, then close 1000 without a status
 * - `abrupt`: all output, then 1006 without a status
 * - `early-status`: the status comes before the last of the output
 * - `cut-output`: output beyond `afterBytes` is dropped, then the true status
 * - `malformed-status`: a status that is not JSON
 */
export type ExecLie =
  'kubelet-lost' | 'false-success' | 'no-status' | 'abrupt' | 'early-status' | 'cut-output' | 'malformed-status';

/** What happens to a request that a fault fits. */
export type FaultAction =
  /** Answers with a Status and does nothing. `retryAfterSeconds` also sets the header. */
  | {
      readonly type: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  /** Answers with plain text and does nothing, as priority and fairness does with 429. `retryAfter` is the header as it is. */
  | { readonly type: 'text'; readonly code?: number; readonly body?: string; readonly retryAfter?: string }
  /** Serves the request later. */
  | { readonly type: 'delay'; readonly ms: number }
  /** Never answers and does nothing. */
  | { readonly type: 'stall' }
  /** Ends the connection: before anything was done, or after it was done but before the answer. */
  | { readonly type: 'drop'; readonly when: 'before' | 'after'; readonly how?: CutKind }
  /** Serves the request and cuts the answer after so many bytes of its body (of payload, for exec), or after a time. */
  | { readonly type: 'cut'; readonly afterBytes?: number; readonly afterMs?: number; readonly how?: CutKind }
  /**
   * Serves the request and asks the client to use another connection: a GOAWAY frame, or `Connection: close` with
   * HTTP/1.1. With `refuse`, HTTP/2 only, the request is above the last stream that the frame names, as one that crossed
   * it on the way, and nothing is done; not for the first request of a connection, which no frame of Node's can exclude.
   */
  | { readonly type: 'goaway'; readonly refuse?: boolean }
  /** Lets an exec session lie, once `afterBytes` of payload were sent (default: at its end). */
  | { readonly type: 'lie'; readonly lie: ExecLie; readonly afterBytes?: number };

/** A fault: which requests, how often, and what happens to them. */
export interface Fault {
  readonly match?: FaultMatch;
  readonly action: FaultAction;
  /** Lets so many fitting requests pass first. @default 0 */
  readonly skip?: number;
  /** How many requests it hits. @default 1 */
  readonly times?: number;
  /** Chance that a fitting request is hit, from the seeded generator. @default 1 */
  readonly probability?: number;
}
