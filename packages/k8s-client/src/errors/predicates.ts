import { KubeError } from './kube-error.ts';
import type { KubeErrorCode } from './codes.ts';

const codeOf = (error: unknown): string | undefined => {
  if (error instanceof KubeError) return error.code;
  // An error of another copy of this package: same shape, other class.
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
};

const has =
  (...wanted: readonly KubeErrorCode[]) =>
  (error: unknown): boolean => {
    const code = codeOf(error);
    return code !== undefined && (wanted as readonly string[]).includes(code);
  };

/** There is no such object (404). */
export const isNotFound = has('NotFound');
/** An object with this name exists (409 AlreadyExists), whoever made it. */
export const isAlreadyExists = has('AlreadyExists', 'NameConflict');
/** The object changed meanwhile, or another manager owns the field (409 Conflict). */
export const isConflict = has('Conflict');
/** The account may not do this (403). */
export const isForbidden = has('Forbidden');
/** The credentials are not accepted (401). */
export const isUnauthorized = has('Unauthorized');
/** The asked version is gone (410), also of a watch. */
export const isGone = has('Gone', 'WatchExpired');
/** The server asks to slow down (429). */
export const isTooManyRequests = has('TooManyRequests');
/** The object breaks the rules of its kind (422). */
export const isInvalid = has('Invalid');
/** The time given with `timeoutMs` ran out. */
export const isTimeout = has('Timeout');
/** The caller's signal fired. */
export const isAborted = has('Aborted');

/** Whether the same call may succeed later. It does not say that repeating it is safe. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof Error && 'retryable' in error && error.retryable === true;

/** How long the server asks to wait, in milliseconds; undefined when it did not say. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number'
    ? error.retryAfterMs
    : undefined;
