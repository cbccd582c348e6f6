import { setTimeout as sleep } from 'node:timers/promises';
import { ExecAbortedError, ExecError } from './errors.ts';

/** How long and for what to try again. */
export interface RetryOptions {
  readonly retryForMs: number;
  readonly signal?: AbortSignal;
  /** Says whether this error may be tried again. @default {@link ExecError.retryable} */
  readonly retryable?: (error: ExecError) => boolean;
}

/** A container that is coming up is asked again at this pace: measured, it halves the time to the first command. */
const NOT_READY_DELAY_MS = 25;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
/** A server may ask for more patience than we have. */
const MAX_ASKED_DELAY_MS = 30_000;

const BELIEVE_REFUSAL_AFTER_MS = 15_000;

/**
 * An API server that has just started denies everything until it has read its RBAC objects (seen for seconds on 1.34), so that only
 * a refusal that stays is believed.
 */
export class Refusals {
  #sinceMs: number | undefined;

  /** Whether this error is a refusal that may pass. To be asked about every error in turn. */
  mayPass({ code, status }: ExecError): boolean {
    if (code !== 'EXEC_REFUSED' || status !== 403) {
      this.#sinceMs = undefined;
      return false;
    }
    this.#sinceMs ??= performance.now();
    return performance.now() - this.#sinceMs < BELIEVE_REFUSAL_AFTER_MS;
  }
}

/** Runs `attempt` until it works, fails for good, or the time is over; then the last error is thrown. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const until = performance.now() + options.retryForMs;
  const refusals = new Refusals();
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      if (!refusals.mayPass(error) && !(options.retryable?.(error) ?? error.retryable)) throw error;
      const notReady = error.code === 'EXEC_NOT_READY';
      const ownMs = notReady ? NOT_READY_DELAY_MS : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
      const askedMs = Math.min(error.retryAfterMs ?? 0, MAX_ASKED_DELAY_MS);
      const delayMs = askedMs + ownMs * (0.75 + Math.random() / 2);
      if (!notReady) failures++;
      if (performance.now() + delayMs > until) throw error;
      await sleep(delayMs, undefined, options.signal && { signal: options.signal }).catch((cause: unknown) => {
        throw new ExecAbortedError('EXEC_ABORTED', 'while waiting to try again', { started: error.started, cause });
      });
    }
  }
}
