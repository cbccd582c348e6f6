import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type Job, type LogEntry, outputBytes, type Pipeline } from '@danube/contract';
import type { KubeClient } from '@danube/k8s-client';

/** Where `deploy/api-server.yaml` puts the Service. */
const service = '/api/v1/namespaces/danube-system/services/danube-api:80/proxy';

/**
 * The api-server as deployed in the cluster, reached through the API server's service proxy: a Service address means
 * nothing outside the cluster.
 */
export class DanubeApi {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  submit(pipeline: Pipeline): Promise<Job> {
    return this.#client.request<Job>({ method: 'POST', path: `${service}/v1/jobs`, body: { pipeline } });
  }

  job(id: string): Promise<Job> {
    return this.#client.request<Job>({ method: 'GET', path: `${service}/v1/jobs/${id}` });
  }

  cancel(id: string): Promise<unknown> {
    return this.#client.request({ method: 'POST', path: `${service}/v1/jobs/${id}/cancel` });
  }

  async entries(id: string): Promise<readonly LogEntry[]> {
    const path = `${service}/v1/jobs/${id}/logs`;
    const { entries } = await this.#client.request<{ entries: LogEntry[] }>({ method: 'GET', path });
    return entries;
  }

  /** The bytes of one stream of one step, put together from the log. */
  async output(id: string, step: number, stream: 'stdout' | 'stderr'): Promise<string> {
    const entries = await this.entries(id);
    const chunks = entries.flatMap(({ event }) =>
      event.type === 'output' && event.step === step && event.stream === stream ? [outputBytes(event)] : [],
    );
    return Buffer.concat(chunks).toString();
  }

  /** Waits until `until` holds for the job, and fails with the job as it was last when it does not in time. */
  async waitFor(id: string, until: (job: Job) => boolean, timeoutMs: number): Promise<Job> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.job(id);
      if (until(job)) return job;
      if (Date.now() > deadlineMs)
        throw new WaitError(`waited ${timeoutMs} ms in vain; the job is ${JSON.stringify(job)}`);
      await sleep(100);
    }
  }

  waitForEnd(id: string, timeoutMs: number): Promise<Job> {
    return this.waitFor(id, (job) => isFinal(job.state), timeoutMs);
  }
}

class WaitError extends Error {
  override readonly name = 'WaitError';
}
