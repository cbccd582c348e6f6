import { ApiError } from '../errors/api-error.ts';
import { AbortedError, TimeoutError } from '../errors/failures.ts';
import { KubeError } from '../errors/kube-error.ts';
import { retryAfterMs } from '../errors/predicates.ts';
import { backoffMs } from '../time/backoff.ts';
import type { Clock } from '../time/clock.ts';
import { actionFor, failureOf, leavesOpen, type Safety } from './policy.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What settling found out: the request was applied, with this result; or it was not, and may be sent again. */
export type Settlement<T> = { readonly applied: true; readonly result: T } | { readonly applied: false };

/** How a request may be repeated. */
export type Recovery<T = unknown> = {
  readonly safety: Safety;
  /**
   * Finds out what became of a request whose failure left it open, and of one that met 404 or 409 after such a failure
   * (which may be its own doing). Throws what the caller shall see when it was not applied and cannot be.
   */
  readonly settle?: (error: KubeError, remainingMs: number) => Promise<Settlement<T>>;
  /** Also settles a 409 of the first attempt: somebody else, or an earlier process of ours, may have made it. */
  readonly settleConflict?: boolean;
};

/** Hears of a failed attempt that will be repeated after `waitMs`. */
export type RetryObserver = (info: {
  /** Method and path, without the query. */
  readonly label: string;
  readonly attempt: number;
  readonly error: KubeError;
  readonly waitMs: number;
}) => void;

/** Circumstances of one call. */
export type RetryContext<T> = {
  readonly recovery: Recovery<T>;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly signal?: AbortSignal | undefined;
  /** Ends waits: nothing can be sent after it. */
  readonly closing?: AbortSignal | undefined;
  readonly label: string;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  /** Whether a refusal may be gone at the next try (401 with a new credential, 403 right after RBAC was made). */
  readonly isTransient?: (error: KubeError, remainingMs: number) => Promise<boolean>;
  readonly onRetry?: RetryObserver | undefined;
};

const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Makes a call, and makes it again when that is safe and may help. The time of the call is the limit of everything:
 * a wait that would not fit ends the call with the failure itself.
 */
export const withRetries = async <T>(
  attempt: (timeoutMs: number) => Promise<T>,
  context: RetryContext<T>,
): Promise<T> => {
  const { clock, recovery, signal, closing } = context;
  const deadlineMs = clock.monotonic() + context.timeoutMs;
  let open = false;
  let last: KubeError | undefined;
  context.budget.earn();
  for (let attempts = 1; ; attempts += 1) {
    const remainingMs = deadlineMs - clock.monotonic();
    let error: KubeError;
    try {
      // Half of the time for one attempt: a connection that swallows everything must not take all of it.
      return await attempt(Math.max(1, Math.min(remainingMs, Math.max(30_000, context.timeoutMs / 2))));
    } catch (thrown) {
      if (!(thrown instanceof KubeError)) throw thrown;
      error = thrown;
    }
    const failure = failureOf(error);
    const settles = recovery.settle !== undefined && (leavesOpen(failure) || isConsequence(error, open, recovery));
    open ||= leavesOpen(failure) || (error instanceof AbortedError && error.sent);
    const done = (final: KubeError): KubeError => annotate(final, { attempts, open, context, last });
    const ended = (thrown: unknown): never => {
      throw thrown instanceof KubeError ? done(thrown) : thrown;
    };
    const leftMs = deadlineMs - clock.monotonic();
    let repeat = actionFor(failure, recovery.safety) !== 'stop';
    if (settles) {
      const settlement = await settle(recovery, error, leftMs).catch(ended);
      if (settlement.applied) return settlement.result;
      repeat = true;
    } else if (failure === 'final' && leftMs > 0) {
      repeat = (await context.isTransient?.(error, leftMs).catch(ended)) ?? false;
    }
    if (!repeat || attempts >= context.maxAttempts || !context.budget.spend()) throw done(error);
    const waitMs = waitFor(error, attempts, clock);
    if (clock.monotonic() + waitMs >= deadlineMs) throw done(error);
    context.onRetry?.({ label: context.label, attempt: attempts, error, waitMs });
    last = error;
    await clock.sleep(waitMs, either(signal, closing)).catch((thrown: unknown) => {
      // A client that is closed sends nothing more: what it would have repeated is the end.
      return ended(closing?.aborted === true && signal?.aborted !== true ? error : thrown);
    });
  }
};

const either = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one === undefined || other === undefined ? (one ?? other) : AbortSignal.any([one, other]);

/** A 404 or 409 that an earlier attempt of the same call may have caused itself. */
const isConsequence = (error: KubeError, open: boolean, recovery: { readonly settleConflict?: boolean }): boolean =>
  error instanceof ApiError &&
  (error.status === 404 || error.status === 409) &&
  (open || (error.status === 409 && recovery.settleConflict === true));

const settle = async <T>(recovery: Recovery<T>, error: KubeError, remainingMs: number): Promise<Settlement<T>> => {
  if (recovery.settle === undefined || remainingMs <= 0) throw error;
  return recovery.settle(error, remainingMs);
};

const waitFor = (error: KubeError, attempts: number, clock: Clock): number => {
  const jitterMs = backoffMs(attempts - 1, { baseMs: 100, maxMs: 5_000, random: clock.random });
  return Math.min(retryAfterMs(error) ?? 0, MAX_RETRY_AFTER_MS) + jitterMs;
};

/** Tells on the error what the whole call went through. */
const annotate = <T>(
  error: KubeError,
  facts: { attempts: number; open: boolean; context: RetryContext<T>; last: KubeError | undefined },
): KubeError => {
  // The last attempt had only what the earlier ones left: say what kept failing, and the time of the whole call.
  const final =
    error instanceof TimeoutError && facts.last !== undefined
      ? new TimeoutError({
          phase: error.phase,
          sent: facts.open,
          timeoutMs: facts.context.timeoutMs,
          request: facts.context.label,
          cause: facts.last,
          detail: `no answer within ${facts.context.timeoutMs} ms; before that: ${facts.last.message}`,
        })
      : error;
  final.attempts = facts.attempts;
  final.maybeApplied ||= facts.open;
  return final;
};
