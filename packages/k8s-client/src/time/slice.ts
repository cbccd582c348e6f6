import { setImmediate } from 'node:timers/promises';

/** Long work in slices: between them, everything else on the event loop has its turn. */
export class Slice {
  readonly #mostMs: number;
  #startedMs = performance.now();

  constructor(mostMs = 8) {
    this.#mostMs = mostMs;
  }

  /** Whether the slice is used up: then wait for the next one. */
  get isOver(): boolean {
    return performance.now() - this.#startedMs >= this.#mostMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#startedMs = performance.now();
  }
}
