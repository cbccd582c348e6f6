import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 100;

/** Looks again and again; says whether it came true in time. */
export const comesTrue = async (limitMs: number, look: () => boolean | Promise<boolean>): Promise<boolean> => {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    if (await look()) return true;
    if (performance.now() > untilMs) return false;
    await sleep(PAUSE_MS);
  }
};
