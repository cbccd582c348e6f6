/**
 * A queue with one reader. Writers never wait; the reader waits for the next entry.
 *
 * It holds what it is given: put in only what is small and few, such as decisions, never output.
 */
export class Mailbox<T> implements AsyncIterable<T> {
  readonly #entries: T[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  /** Adds an entry; does nothing after {@link close}. */
  put(entry: T): void {
    if (this.#closed) return;
    this.#entries.push(entry);
    this.#wake();
  }

  /** Lets the reader end once it has taken what is there. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const entry = this.#entries.shift();
      if (entry !== undefined) yield entry;
      else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
