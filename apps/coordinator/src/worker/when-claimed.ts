import type { RunRef } from '@danube/exec-stream';

/** A look at the volume from time to time. */
export type ClaimWatch = Disposable & { readonly signal: AbortSignal };

/**
 * Its signal is aborted once a run is found to be claimed, at a look after every `everyMs`. So an answer that got lost on its way
 * does not hold up the output of a command that runs already.
 */
export const whenClaimed = (run: RunRef, everyMs: number): ClaimWatch => {
  const claimed = new AbortController();
  const look = async (): Promise<void> => {
    const { isRunClaimed } = await import('@danube/exec-stream');
    if (await isRunClaimed(run)) claimed.abort();
  };
  // Who cannot look learns nothing; the answer is waited for as long as it may take.
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  return { signal: claimed.signal, [Symbol.dispose]: () => clearInterval(timer) };
};
