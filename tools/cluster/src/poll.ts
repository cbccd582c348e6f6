import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is not undefined. Gives undefined when `timeoutMs` passes or `until` says stop first. */
export const poll = async <T>(
  ask: () => Promise<T | undefined>,
  options: { readonly timeoutMs: number; readonly everyMs?: number; readonly until?: () => boolean },
): Promise<T | undefined> => {
  const deadlineMs = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadlineMs || options.until?.() === true) return undefined;
    await sleep(options.everyMs ?? 50);
  }
};
