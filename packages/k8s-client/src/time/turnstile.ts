import { AbortedError } from '../errors/failures.ts';

/** Lets so many in at a time, in the order in which they came. */
export class Turnstile {
  readonly #places: number;
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  constructor(places = 1) {
    this.#places = places;
  }

  /**
   * Waits for a place, and resolves with what gives it back: call that always; more than once does no harm.
   * @throws Aborted when the signal fires first; those behind then do not wait for this one
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw refused(signal);
    if (this.#inside < this.#places) this.#inside += 1;
    else await this.#place(signal);
    let isInside = true;
    return () => {
      if (isInside) this.#leave();
      isInside = false;
    };
  }

  #place(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(admit);
        reject(refused(signal));
      };
      const admit = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(admit);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A place is handed on, so that nobody who comes at this moment is faster than one who waits. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inside -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

const refused = (signal: AbortSignal): AbortedError =>
  new AbortedError({ cause: signal.reason, detail: 'it was waiting for its turn' });
