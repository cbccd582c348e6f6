import { controlSchema } from '@danube/contract';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiConnection } from './api-connection.ts';
import { BackOff } from './back-off.ts';

/** Numbers of the watch, in milliseconds. */
export type CancelWatchOptions = {
  /** How long the server may keep a question. */
  readonly waitMs: number;
  /** Least time between two questions, for a server that does not keep them. */
  readonly pauseMs: number;
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
};

const defaults: CancelWatchOptions = { waitMs: 20_000, pauseMs: 500, backOff: { firstMs: 200, maxMs: 5000 } };

/**
 * Resolves with true when the api-server wants the job cancelled, with false when the signal fires first.
 *
 * The question is level-triggered: a cancel that was asked for while nobody listened is answered at once. A server that
 * cannot be reached is asked again; it never ends the watch.
 *
 * @param options @default questions of 20 s
 */
export const cancelWanted = async (
  connection: ApiConnection,
  signal: AbortSignal,
  options: Partial<CancelWatchOptions> = {},
): Promise<boolean> => {
  const { waitMs, pauseMs, backOff: times } = { ...defaults, ...options };
  const backOff = new BackOff(times);
  const path = `/control?waitMs=${waitMs}`;
  while (!signal.aborted) {
    try {
      const pause = sleep(pauseMs, undefined, { ref: false });
      const answer = await connection.call({ method: 'GET', path, timeoutMs: waitMs + 10_000, signal });
      if (controlSchema.parse(answer).cancel) return true;
      backOff.reset();
      await pause;
    } catch {
      await backOff.pause(signal).catch(() => undefined);
    }
  }
  return false;
};
