import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance, so that tests can own both. */
export type Clock = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Resolves after `ms`; rejects with the reason of the signal when it fires. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The real thing. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};
