/** Tells listeners that something about a job has changed; they look up what. Listeners must not throw. */
export class Signals {
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #all = new Set<(jobId: string) => void>();

  /** Calls `listener` at every change of one job until the returned function is called. */
  on(jobId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(jobId) ?? new Set();
    this.#listeners.set(jobId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(jobId) === listeners) this.#listeners.delete(jobId);
    };
  }

  /** Calls `listener` at every change of any job until the returned function is called. */
  onAny(listener: (jobId: string) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  emit(jobId: string): void {
    for (const listener of [...(this.#listeners.get(jobId) ?? [])]) listener();
    for (const listener of [...this.#all]) listener(jobId);
  }

  /** How many listeners there are, so that a leak shows. */
  get size(): number {
    return this.#all.size + [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}
