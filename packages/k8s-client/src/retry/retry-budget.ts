/**
 * Keeps an outage from being multiplied: repetitions are paid from a budget that each first attempt fills a little.
 * A quiet process always has some; one that only fails runs dry, and then fails at once until it recovers.
 */
export class RetryBudget {
  readonly #now: () => number;
  readonly #capacity: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(now: () => number, capacity = 100) {
    this.#now = now;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#filledAtMs = now();
  }

  /** A first attempt: a tenth of a repetition more. */
  earn(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 0.1);
  }

  /** Takes one repetition, if there is one. */
  spend(): boolean {
    const now = this.#now();
    // Two a second come back by themselves, so that a process that does nothing but wait for its server can.
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, now - this.#filledAtMs) / 500);
    this.#filledAtMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
