import { Slice } from '../time/slice.ts';
import type { Change } from './store.ts';

/** Hears of every change of the store, in order. What it throws goes to `onError`. */
export type ChangeHandler<P> = (change: Change<P>) => unknown;

/** Who hears of changes. Whatever a handler does, the others hear of them too; after the signal, none does. */
export class Subscribers<P> {
  readonly #handlers = new Set<ChangeHandler<P>>();
  readonly #signal: AbortSignal;
  readonly #onError: (error: unknown) => void;

  constructor(signal: AbortSignal, onError: (error: unknown) => void) {
    this.#signal = signal;
    this.#onError = onError;
  }

  /** Tells the newcomer the present as additions, and then every change. Returns how to end it. */
  add(handler: ChangeHandler<P>, present: Iterable<[string, P]>): () => void {
    for (const [key, object] of present) this.#call(handler, { type: 'added', key, object });
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  tell(changes: readonly Change<P>[]): void {
    for (const change of changes) {
      for (const handler of this.#handlers) this.#call(handler, change);
    }
  }

  /** Tells many changes, in slices of time. Who comes meanwhile was told the store as it is after them. */
  async tellMany(changes: Iterable<Change<P>>): Promise<void> {
    const slice = new Slice();
    const handlers = [...this.#handlers];
    if (handlers.length === 0) return;
    for (const change of changes) {
      for (const handler of handlers) {
        if (this.#handlers.has(handler)) this.#call(handler, change);
      }
      if (slice.isOver) await slice.next();
    }
  }

  #call(handler: ChangeHandler<P>, change: Change<P>): void {
    if (this.#signal.aborted) return;
    try {
      const result = handler(change);
      if (result instanceof Promise) result.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }
}
