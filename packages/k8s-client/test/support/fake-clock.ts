import { AbortedError } from '../../src/errors/failures.ts';
import type { Clock } from '../../src/time/clock.ts';

/** A clock on which waiting takes no time but counts as time. */
export const fakeClock = (
  random: () => number = () => 0.5,
): Clock & { readonly slept: number[]; advance(ms: number): void } => {
  let nowMs = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    monotonic: () => nowMs,
    random,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: async (ms, signal) => {
      if (signal?.aborted === true) throw new AbortedError({ cause: signal.reason });
      slept.push(ms);
      nowMs += ms;
    },
  };
};
