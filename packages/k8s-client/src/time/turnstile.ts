import { AbortedError } from '../errors/failures.ts';

/** Lets one pass at a time, in the order in which they came. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Waits for the turn, and resolves with what ends it: call that always; more than once does no harm.
   * @throws Aborted when the signal fires first; those behind then do not wait for this one
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    const before = this.#last;
    const turn = Promise.withResolvers<undefined>();
    const leave = (): void => turn.resolve(undefined);
    this.#last = turn.promise;
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    await Promise.race([before, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
    if (!signal.aborted) return leave;
    void before.then(leave);
    throw new AbortedError({ cause: signal.reason, detail: 'it was waiting for its turn' });
  }
}
