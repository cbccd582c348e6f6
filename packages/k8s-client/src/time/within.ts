import { AbortedError, TimeoutError } from '../errors/failures.ts';

/** How long one caller waits for work that others may wait for too. */
export type WithinOptions = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** For messages: method and path. */
  readonly request: string;
  /** For messages: what was waited for. */
  readonly what: string;
};

/** The outcome of the work, unless this caller's time or signal ends first. The work itself goes on. Nothing is sent. */
export const within = async <T>(work: Promise<T>, options: WithinOptions): Promise<T> => {
  const { timeoutMs, signal, request, what } = options;
  let stop: () => void = () => undefined;
  const given = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void =>
      reject(new AbortedError({ request, cause: signal?.reason, detail: 'nothing was sent' }));
    const onTimeout = (): void =>
      reject(new TimeoutError({ phase: 'queue', sent: false, timeoutMs, request, detail: `${what} took too long` }));
    const timer = setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    stop();
  }
};
