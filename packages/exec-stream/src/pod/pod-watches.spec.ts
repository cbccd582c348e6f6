import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodLike } from './pod-end.ts';
import { type PodReader, PodWatches } from './pod-watches.ts';

type Event = { readonly type: string; readonly object: PodLike };

const target = { namespace: 'ci', pod: 'job', container: 'worker' };
const pod = (restartCount = 0): PodLike => ({
  metadata: { uid: 'u1', resourceVersion: '7' },
  status: { phase: 'Running', containerStatuses: [{ name: 'worker', restartCount }] },
});

/** A pod that is there, and events of it that the test makes. */
const startReader = () => {
  const told: ((event: Event) => void)[] = [];
  const signals: AbortSignal[] = [];
  let gets = 0;
  const reader: PodReader = {
    get: async () => {
      gets += 1;
      return pod();
    },
    async *watch({ signal }) {
      signals.push(signal);
      const index = signals.length - 1;
      while (!signal.aborted) {
        yield await new Promise<Event>((resolve) => {
          told[index] = resolve;
          signal.addEventListener('abort', () => resolve({ type: 'BOOKMARK', object: {} }), { once: true });
        });
      }
    },
  };
  return { reader, signals, gets: () => gets, tell: (event: Event) => told.at(-1)?.(event) };
};

const times = { firstLookAfterMs: 1, lastWordsMs: 1, againAfterMs: 5 };

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(1);
};

describe('PodWatches', () => {
  it('looks at a pod once for all commands in it, and no longer than one of them runs', async () => {
    const { reader, signals, gets, tell } = startReader();
    const watches = new PodWatches(times);
    const aborts = Array.from({ length: 3 }, () => new AbortController());
    const ends = aborts.map(({ signal }) => watches.ended(reader, target, signal));
    await until(() => signals.length > 0);
    await sleep(20);
    expect({ gets: gets(), watches: signals.length }).toEqual({ gets: 1, watches: 1 });

    aborts[0]?.abort();
    await expect(ends[0]).resolves.toBeUndefined();
    expect(signals[0]?.aborted).toBe(false);

    tell({ type: 'DELETED', object: pod() });
    await expect(Promise.all(ends.slice(1))).resolves.toMatchObject([
      { code: 'EXEC_POD_DELETED' },
      { code: 'EXEC_POD_DELETED' },
    ]);
    expect(signals[0]?.aborted).toBe(true);
  });

  it('compares with what the container was when the command came, not when the first one did', async () => {
    const { reader, signals, tell } = startReader();
    const watches = new PodWatches(times);
    const stop = new AbortController();
    const other = watches.ended(reader, { ...target, container: 'other' }, stop.signal);
    const first = watches.ended(reader, target, stop.signal);
    await until(() => signals.length > 0);
    tell({ type: 'MODIFIED', object: pod(1) });
    await expect(first).resolves.toMatchObject({ code: 'EXEC_CONTAINER_RESTARTED' });

    const later = watches.ended(reader, target, stop.signal);
    await sleep(20);
    tell({ type: 'MODIFIED', object: pod(1) });
    await sleep(20);
    stop.abort();
    await expect(Promise.all([other, later])).resolves.toEqual([undefined, undefined]);
    expect(signals).toHaveLength(1);
  });

  it('costs no look for a command that ends before the first one', async () => {
    const { reader, gets } = startReader();
    const end = new PodWatches(times).ended(reader, target, AbortSignal.abort());
    await expect(end).resolves.toBeUndefined();
    expect(gets()).toBe(0);
  });
});
