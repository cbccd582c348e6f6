/** What a {@link KeyedQueue} is made of. */
export type KeyedQueueOptions = {
  /** Looks after one key. A number asks for another look after so many milliseconds. */
  readonly work: (key: string) => Promise<number | undefined>;
  /** Told of each failure; the key is looked at again after a growing pause. */
  readonly onError: (key: string, error: unknown) => void;
  /** @default 250 */
  readonly firstPauseMs?: number;
  /** @default 15000 */
  readonly maxPauseMs?: number;
};

type Entry = {
  timer?: NodeJS.Timeout | undefined;
  dueMs: number;
  running: Promise<void> | undefined;
  again: boolean;
  failures: number;
};

/**
 * Runs work by key: at most once at a time per key, soon after each `add`, again when it fails. Work reads the present
 * state of its key, so that any number of adds before it begins are one.
 */
export class KeyedQueue {
  readonly #options: Required<KeyedQueueOptions>;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  constructor(options: KeyedQueueOptions) {
    this.#options = { firstPauseMs: 250, maxPauseMs: 15_000, ...options };
  }

  /** Looks at a key after a delay, or sooner when that was asked for already. */
  add(key: string, delayMs = 0): void {
    if (this.#isClosed) return;
    const entry = this.#entries.get(key) ?? { dueMs: Infinity, running: undefined, again: false, failures: 0 };
    this.#entries.set(key, entry);
    if (entry.running !== undefined && delayMs === 0) {
      entry.again = true;
      return;
    }
    const dueMs = performance.now() + delayMs;
    if (dueMs >= entry.dueMs) return;
    clearTimeout(entry.timer);
    entry.dueMs = dueMs;
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      entry.dueMs = Infinity;
      if (entry.running === undefined) entry.running = this.#run(key, entry);
      else entry.again = true;
    }, delayMs);
  }

  /** Begins nothing more and waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    await Promise.all([...this.#entries.values()].map(({ running }) => running ?? Promise.resolve()));
    this.#entries.clear();
  }

  async #run(key: string, entry: Entry): Promise<void> {
    let nextMs: number | undefined;
    try {
      nextMs = await this.#options.work(key);
      entry.failures = 0;
    } catch (error) {
      this.#options.onError(key, error);
      nextMs = Math.min(this.#options.maxPauseMs, this.#options.firstPauseMs * 2 ** entry.failures);
      entry.failures += 1;
    }
    entry.running = undefined;
    if (entry.again) {
      entry.again = false;
      this.add(key);
    } else if (nextMs !== undefined) {
      this.add(key, nextMs);
    } else if (entry.timer === undefined) {
      this.#entries.delete(key);
    }
  }
}
