import type { Control } from '@danube/contract';
import type { JobStore } from '../store/job-store.ts';

/** The long-poll with which a coordinator learns that its job is to end. */
export class Controls {
  readonly #store: JobStore;
  readonly #closing = new AbortController();

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Resolves at once when the job is to end, else after `waitMs`, or when the caller goes or the server closes. */
  wait(jobId: string, waitMs: number, signal: AbortSignal): Promise<Control> {
    return new Promise((resolve) => {
      const answer = (): void => {
        clearTimeout(timer);
        stopListening();
        signal.removeEventListener('abort', answer);
        this.#closing.signal.removeEventListener('abort', answer);
        resolve({ cancel: this.#shouldEnd(jobId) });
      };
      const timer = setTimeout(answer, waitMs);
      const stopListening = this.#store.changes.on(jobId, () => {
        if (this.#shouldEnd(jobId)) answer();
      });
      signal.addEventListener('abort', answer);
      this.#closing.signal.addEventListener('abort', answer);
      if (this.#shouldEnd(jobId) || signal.aborted || this.#closing.signal.aborted) answer();
    });
  }

  close(): void {
    this.#closing.abort();
  }

  // A job that has ended without its coordinator (lost, timed out) must not go on in the pod.
  #shouldEnd(jobId: string): boolean {
    const job = this.#store.supervised(jobId);
    return job === undefined || job.isFinal || job.cancelRequestedAtMs !== undefined;
  }
}
