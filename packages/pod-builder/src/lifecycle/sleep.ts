import { AbortedError } from '@danube/k8s-client';
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`; rejects with the client's `Aborted` error when the signal fires. */
export const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw new AbortedError({ cause: signal?.reason });
  });
};

/** Waits that grow from about 0.25 s to 10 s, spread so that many callers do not come back at the same moment. */
export const growingWaitMs = (attempt: number): number =>
  Math.min(10_000, 250 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
