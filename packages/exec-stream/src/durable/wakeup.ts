import { type FSWatcher, watch } from 'node:fs';

/**
 * Says when to look at a directory again: at a change in it, and at the latest after the polling time. Some file systems
 * (gVisor, network volumes) tell nothing, so polling is always there and only slower where watching works.
 */
export class Wakeup implements Disposable {
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: () => void = () => undefined;
  readonly #signal: AbortSignal | undefined;

  readonly #onAbort = (): void => this.#wake();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Starts to watch. Without effect when the directory cannot be watched, or is watched already. */
  watch(directory: string): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.#onChange());
      this.#watcher.on('error', () => this.#close());
      this.#changed = true;
    } catch {
      this.#close();
    }
  }

  /** Resolves at the next change, after the polling time, or at an abort. Changes since the last call count. */
  async next(): Promise<void> {
    if (!this.#changed && !this.#signal?.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#watcher ? WATCHED_POLL_MS : POLL_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#close();
  }

  #onChange(): void {
    this.#changed = true;
    this.#wake();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

const POLL_MS = 50;
const WATCHED_POLL_MS = 500;
