import { isAborted, isRetryable, retryAfterMs } from '../errors/predicates.ts';
import { WatchExpiredError } from '../errors/api-error.ts';
import type { Requester } from '../requester.ts';
import type { KubeObject } from '../resources/models.ts';
import { backoffMs } from '../time/backoff.ts';
import type { Clock } from '../time/clock.ts';
import type { WatchEvent } from './watch-event.ts';
import { watchOnce } from './watch-once.ts';
import { watchRequest } from './watch-request.ts';

/** What to watch. */
export type WatchOptions = {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Where to start: the version of a list. Unset: the server first sends what is there as ADDED. */
  readonly resourceVersion?: string | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asks the server to send what is there first and a marked BOOKMARK after it (WatchList). Servers that do not know
   * it refuse or ignore it.
   * @default false
   */
  readonly sendInitialEvents?: boolean | undefined;
};

/** What a watch needs around it. */
export type WatchContext = {
  readonly requester: Requester;
  readonly path: string;
  readonly clock: Clock;
  readonly onReconnect?: ((error: unknown) => void) | undefined;
};

/**
 * Watches and resumes by itself from the last resource version seen, for as long as the server has the history.
 * Waits between attempts grow from 0.8 s to 30 s; an attempt that brought an event starts them anew.
 * @throws WatchExpired when the history is gone; ApiError when the watch is refused for good (403, 404, 400 …)
 */
export async function* watch<T extends KubeObject>(
  context: WatchContext,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void> {
  const { clock } = context;
  let resourceVersion = options.resourceVersion;
  // Without a version the server first sends what is there, in no order: those versions say nothing about what is still
  // to come, and the first event of another type ends that phase.
  let ordered = resourceVersion !== undefined && resourceVersion !== '0';
  let failures = 0;
  while (options.signal?.aborted !== true) {
    const startedMs = clock.monotonic();
    let events = 0;
    let failure: unknown;
    try {
      for await (const event of watchOnce<T>(
        context.requester,
        watchRequest(context.path, { ...options, resourceVersion }, clock.random),
      )) {
        events += 1;
        ordered ||= event.type !== 'ADDED';
        if (ordered) resourceVersion = event.object.metadata?.resourceVersion ?? resourceVersion;
        yield event;
        if (stopped(options.signal)) return;
      }
    } catch (error) {
      if (stopped(options.signal) && isAborted(error)) return;
      if (error instanceof WatchExpiredError || !isRetryable(error)) throw error;
      failure = error;
    }
    // A server that ends watches at once without an event would be asked without a pause.
    const quick = events === 0 && clock.monotonic() - startedMs < 1000;
    failures = failure === undefined && !quick ? 0 : events > 0 ? 1 : failures + 1;
    context.onReconnect?.(failure);
    if (failures > 0) {
      const waitMs = backoffMs(failures - 1, { baseMs: 800, maxMs: 30_000, random: clock.random });
      const wanted = Math.min(retryAfterMs(failure) ?? 0, 30_000);
      await clock.sleep(Math.max(waitMs, wanted), options.signal).catch(() => undefined);
    }
  }
}

// Read through a function: the compiler would otherwise believe that a signal once seen unfired stays so.
const stopped = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;
