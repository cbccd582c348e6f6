import { AbortedError, TimeoutError } from '../errors/failures.ts';
import { KubeError } from '../errors/kube-error.ts';

/** How long one caller waits for work that others may wait for too. */
export type Limits = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Fires when the client is closed. */
  readonly closing?: AbortSignal | undefined;
  /** For messages: method and path. */
  readonly request: string;
  /** For messages: what was waited for. */
  readonly what: string;
};

/** The outcome of the work, unless this caller's time, signal or client ends first. The work itself goes on. Nothing is sent. */
export const within = async <T>(work: Promise<T>, limits: Limits): Promise<T> => {
  const { timeoutMs, signal, closing, request, what } = limits;
  let stop: () => void = () => undefined;
  const given = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void =>
      reject(new AbortedError({ request, cause: signal?.reason, detail: 'nothing was sent' }));
    const onClosing = (): void => reject(new KubeError('ClientClosed', { request }));
    const onTimeout = (): void =>
      reject(new TimeoutError({ phase: 'queue', sent: false, timeoutMs, request, detail: `${what} took too long` }));
    const timer = setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener('abort', onAbort);
    closing?.addEventListener('abort', onClosing);
    if (signal?.aborted === true) onAbort();
    if (closing?.aborted === true) onClosing();
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      closing?.removeEventListener('abort', onClosing);
    };
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    stop();
  }
};
