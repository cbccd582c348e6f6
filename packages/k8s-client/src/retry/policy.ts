import { ApiError } from '../errors/api-error.ts';
import { KubeError } from '../errors/kube-error.ts';
import { TimeoutError, TransportError } from '../errors/failures.ts';

/**
 * What repeating a request would mean:
 * - `read`: nothing (GET, LIST)
 * - `delete`: nothing, since it names the uid
 * - `idempotent`: the same state again (apply; merge patch and replace without a resource version)
 * - `settle`: what happened can be found out by reading (create with a name; update with a resource version)
 * - `once`: a second effect (generateName, JSON patch, delete without uid, any raw request that writes)
 * - `never`: the caller repeats by itself (watch)
 */
export type Safety = 'read' | 'delete' | 'idempotent' | 'settle' | 'once' | 'never';

/**
 * What a failure says about the request:
 * - `unsent`: nothing reached the server
 * - `throttled`: 429, refused before it was looked at
 * - `postponed`: 500, 503, 504 with Retry-After, refused as well
 * - `unclear`: 500, 502, 503, 504 without: it may have been applied
 * - `lost`: the connection or the time ended after something was sent: it may have been applied
 * - `final`: an answer that repeating would not change
 */
export type Failure = 'unsent' | 'throttled' | 'postponed' | 'unclear' | 'lost' | 'final';

/** What to do after a failure. */
export type Action = 'retry' | 'settle' | 'stop';

const always: Record<Safety, Action> = {
  read: 'retry',
  delete: 'retry',
  idempotent: 'retry',
  settle: 'retry',
  once: 'retry',
  never: 'stop',
};
const unlessTwiceHurts: Record<Safety, Action> = { ...always, settle: 'settle', once: 'stop' };
const stop: Record<Safety, Action> = {
  read: 'stop',
  delete: 'stop',
  idempotent: 'stop',
  settle: 'stop',
  once: 'stop',
  never: 'stop',
};

const table: Record<Failure, Record<Safety, Action>> = {
  unsent: always,
  throttled: always,
  postponed: always,
  unclear: unlessTwiceHurts,
  lost: unlessTwiceHurts,
  final: stop,
};

/** The table: what to do when a request of this kind fails in this way. */
export const actionFor = (failure: Failure, safety: Safety): Action => table[failure][safety];

/** Which kind of failure an error is. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof TransportError || error instanceof TimeoutError) return error.sent ? 'lost' : 'unsent';
  // An answer that breaks off in its JSON: the server did something.
  if (error instanceof KubeError && error.code === 'BadResponse') return 'lost';
  if (!(error instanceof ApiError)) return 'final';
  if (error.status === 429) return 'throttled';
  if (![500, 502, 503, 504].includes(error.status)) return 'final';
  return error.retryAfterMs === undefined ? 'unclear' : 'postponed';
};

/** Whether the request may have been applied although it failed. */
export const leavesOpen = (failure: Failure): boolean => failure === 'unclear' || failure === 'lost';
