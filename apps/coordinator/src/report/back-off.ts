import { setTimeout as sleep } from 'node:timers/promises';

/** Times of a {@link BackOff}, in milliseconds. */
export type BackOffOptions = { readonly firstMs: number; readonly maxMs: number; readonly random?: () => number };

/** Growing pauses between tries, with jitter so that many coordinators do not come back at the same moment. */
export class BackOff {
  readonly #options: BackOffOptions;
  #tries = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Length of the next pause: half of it is fixed, half is random. A longer wish of the server is honoured. */
  nextMs(wishMs = 0): number {
    const { firstMs, maxMs, random = Math.random } = this.#options;
    const full = Math.min(maxMs, firstMs * 2 ** Math.min(this.#tries++, 30));
    return Math.max(wishMs, full / 2 + (full / 2) * random());
  }

  /** Begins with short pauses again, after a success. */
  reset(): void {
    this.#tries = 0;
  }

  /** Waits the next pause; rejects when the signal fires. */
  async pause(signal: AbortSignal, wishMs?: number): Promise<void> {
    await sleep(this.nextMs(wishMs), undefined, { signal });
  }
}
