import { TimeoutError } from '../errors/failures.ts';
import { KubeError } from '../errors/kube-error.ts';
import { isConflict } from '../errors/predicates.ts';
import type { CallOptions } from '../requester.ts';
import { backoffMs } from '../time/backoff.ts';
import type { Clock } from '../time/clock.ts';
import type { KubeObject } from './models.ts';

/** Changes an object in place. Called anew on what is read after a conflict, so it must not do anything else. */
export type Mutation<T> = (object: T) => void | Promise<void>;

/** How an object is read and written, each within the time it is given. */
export type ReadAndWrite<T> = {
  readonly read: (call: CallOptions) => Promise<T>;
  readonly write: (object: T, call: CallOptions) => Promise<T>;
};

const MOST_TRIES = 5;

/**
 * Reads, changes and writes an object on the version that was read; when somebody else was faster, all of it again on
 * what it is now, at most five times. Nothing is written when nothing changed.
 */
export const updateObject = async <T extends KubeObject>(
  { read, write }: ReadAndWrite<T>,
  mutate: Mutation<T>,
  { clock, timeoutMs, signal }: { readonly clock: Clock } & CallOptions & { readonly timeoutMs: number },
): Promise<T> => {
  const deadlineMs = clock.monotonic() + timeoutMs;
  let missed: unknown;
  const left = (): CallOptions => {
    const leftMs = deadlineMs - clock.monotonic();
    if (leftMs > 0) return { signal, timeoutMs: leftMs };
    const detail = 'reading and changing took all of it';
    throw new TimeoutError({ phase: 'queue', sent: false, timeoutMs, cause: missed, detail });
  };
  for (let tries = 1; ; tries += 1) {
    const object = await read(left());
    const before = JSON.stringify(object);
    const resourceVersion = object.metadata?.resourceVersion;
    const returned = await (mutate as (object: T) => unknown)(object);
    if (returned !== undefined) throw new TypeError('mutate: expected it to change the object in place, and no result');
    if (JSON.stringify(object) === before) return object;
    // Whatever the change did to the version: it holds on the one that was read, and on no other.
    object.metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    try {
      return await write(object, left());
    } catch (error) {
      const waitMs = backoffMs(tries, { baseMs: 10, maxMs: 1_000, random: clock.random });
      if (!isMissed(error) || tries >= MOST_TRIES || clock.monotonic() + waitMs >= deadlineMs) throw error;
      missed = error;
      await clock.sleep(waitMs, signal);
    }
  }
};

/**
 * Whether somebody else was faster, so that the change was certainly not made. After a lost answer that cannot be told
 * from a change that was made and then overwritten, and making it again could make it twice.
 */
const isMissed = (error: unknown): boolean => isConflict(error) && error instanceof KubeError && !error.maybeApplied;
