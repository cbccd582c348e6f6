import { setTimeout as delay } from 'node:timers/promises';
import { AbortedError } from '../errors/failures.ts';

/** Time and chance, so that tests can own both. */
export type Clock = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment; never jumps, whatever is done to the time of day. */
  readonly monotonic: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Resolves after `ms`; rejects with an `Aborted` error when the signal fires. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The real thing. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
      throw new AbortedError({ cause: signal?.reason });
    });
  },
};
