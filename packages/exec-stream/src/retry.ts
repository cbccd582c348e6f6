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

/** Runs `attempt` until it works, fails for good, or the time is over; then the last error is thrown. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const until = performance.now() + options.retryForMs;
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ExecError) || !(options.retryable?.(error) ?? error.retryable)) throw error;
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
