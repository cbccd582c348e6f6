import { setTimeout as sleep } from 'node:timers/promises';
import { ChaosError } from '../errors.ts';
import type { Job, LogEntry, Pipeline } from '@danube/contract';

const PATIENCE_MS = 120_000;

/** Speaks with an api-server that may be away at any time: every call is repeated until it is answered. */
export class DanubeClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Submits under a key, so that a submission whose answer was lost is not a second job. */
  submit(pipeline: Pipeline, idempotencyKey: string): Promise<Job> {
    return this.#ask('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ pipeline }),
    });
  }

  job(id: string): Promise<Job> {
    return this.#ask(`/v1/jobs/${id}`);
  }

  async entries(id: string): Promise<readonly LogEntry[]> {
    return (await this.#ask<{ readonly entries: readonly LogEntry[] }>(`/v1/jobs/${id}/logs`)).entries;
  }

  async #ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    for (const untilMs = performance.now() + PATIENCE_MS; ;) {
      try {
        const response = await fetch(`${this.#url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
        if (response.ok) return (await response.json()) as T;
        if (response.status < 500) throw new ChaosError(`${path} was answered with ${response.status}`);
      } catch (error) {
        if (error instanceof ChaosError || performance.now() > untilMs) throw error;
      }
      await sleep(50);
    }
  }
}
