/** How the queue steers its source. */
export type ChunkSource = { readonly pause: () => void; readonly resume: () => void; readonly cancel: () => void };

type Waiter = {
  readonly resolve: (result: IteratorResult<Buffer, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

const HIGH_WATER_BYTES = 256 * 1024;

/** Chunks between a connection and one reader, with backpressure. A failure comes after the chunks received before it. */
export class ChunkQueue implements AsyncIterableIterator<Buffer, undefined> {
  readonly #source: ChunkSource;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #paused = false;
  #state:
    { readonly name: 'open' } | { readonly name: 'ended' } | { readonly name: 'failed'; readonly error: unknown } = {
    name: 'open',
  };
  #waiter: Waiter | undefined;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    if (this.#state.name !== 'open') return;
    if (this.#waiter !== undefined) {
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  end(): void {
    if (this.#state.name !== 'open') return;
    this.#state = { name: 'ended' };
    this.#waiter?.resolve({ done: true, value: undefined });
    this.#waiter = undefined;
  }

  fail(error: unknown): void {
    if (this.#state.name !== 'open') return;
    this.#state = { name: 'failed', error };
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.length;
      if (this.#paused && this.#bytes < HIGH_WATER_BYTES / 2) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#state.name === 'ended') return Promise.resolve({ done: true, value: undefined });
    if (this.#state.name === 'failed') {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it came
      return Promise.reject(this.#state.error);
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#chunks = [];
    this.#bytes = 0;
    if (this.#state.name === 'open') {
      this.end();
      this.#source.cancel();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
