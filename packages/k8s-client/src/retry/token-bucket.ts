import type { Clock } from '../time/clock.ts';

/** How fast a client may ask. */
export type RateLimit = {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a quiet time. */
  readonly burst: number;
};

/** Lets attempts through at a rate, in the order they came; repetitions wait as first attempts do. */
export class TokenBucket {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  #tokens: number;
  #filledAtMs: number;

  /** @throws TypeError naming the field */
  constructor(limit: RateLimit, clock: Clock) {
    if (!(limit.perSecond > 0)) throw new TypeError('rateLimit.perSecond: expected a number above 0');
    if (!(limit.burst >= 1)) throw new TypeError('rateLimit.burst: expected 1 or more');
    this.#limit = limit;
    this.#clock = clock;
    this.#tokens = limit.burst;
    this.#filledAtMs = clock.monotonic();
  }

  /** Takes a place; the wait until it is free, in milliseconds. Places are given out in order, also below zero. */
  reserve(): number {
    const nowMs = this.#clock.monotonic();
    const { perSecond, burst } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) * perSecond) / 1000);
    this.#filledAtMs = nowMs;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / perSecond;
  }

  /** Gives a place back that was not used. */
  release(): void {
    this.#tokens += 1;
  }
}
