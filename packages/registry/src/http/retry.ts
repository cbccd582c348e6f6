import { RegistryError } from '../errors/registry-error.ts';
import type { Clock } from './clock.ts';

/** How a step is repeated. */
export type RetryOptions = {
  readonly clock: Clock;
  /** Time for a step with all its repetitions, in milliseconds. */
  readonly retryForMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((error: RegistryError, waitMs: number) => void) | undefined;
};

const BASE_MS = 100;
const MAX_MS = 3_000;

/**
 * Repeats a step that may be done twice, with waits that grow at random, as long as its failures are of a kind that
 * passes. A registry that says how long to wait is obeyed; when that is longer than there is time, it fails at once.
 */
export const withRetries = async <T>(step: () => Promise<T>, options: RetryOptions): Promise<T> => {
  const { clock, retryForMs, onRetry } = options;
  const deadlineMs = clock.now() + retryForMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof RegistryError) || !mayPass(error)) throw error;
      const waitMs = waitMsAfter(error, attempt, clock);
      if (clock.now() + waitMs > deadlineMs) throw error;
      onRetry?.(error, waitMs);
      await pause(waitMs, options);
    }
  }
};

/** How long to wait before try `attempt` (0 = the first repetition). */
export const waitMsAfter = ({ retryAfterMs }: RegistryError, attempt: number, { random }: Clock): number =>
  retryAfterMs ?? random() * Math.min(MAX_MS, BASE_MS * 2 ** Math.min(attempt, 30));

/** Waits. @throws Aborted */
export const pause = async (ms: number, { clock, signal }: Pick<RetryOptions, 'clock' | 'signal'>): Promise<void> => {
  try {
    await clock.sleep(ms, signal);
  } catch {
    throw new RegistryError('Aborted', { cause: signal?.reason });
  }
};

/** Failures after which the very same request may succeed. Lost uploads are not: they have to begin anew. */
const mayPass = ({ code }: RegistryError): boolean =>
  ['TransportFailed', 'Timeout', 'RegistryFailed', 'TooManyRequests'].includes(code);
