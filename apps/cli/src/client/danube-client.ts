import type { IncomingMessage } from 'node:http';
import { isFinal, type Job, jobSchema, type LogEntry, type Pipeline } from '@danube/contract';
import { CliError } from '../errors.ts';
import { failureOf, notDanube, readJson } from './answers.ts';
import { type HttpRequest, send } from './http.ts';
import { logEntries } from './log-entries.ts';

/** Times of the client, in milliseconds. */
export type ClientTimes = {
  /** Silence after which a request is given up. @default 30 s */
  readonly answerMs: number;
  /** How long a broken log stream is tried again before it is given up. @default 60 s */
  readonly reconnectForMs: number;
  /** Pause between tries. @default 0.5 s */
  readonly reconnectEveryMs: number;
  /** Silence after which a log stream is opened anew. @default 60 s */
  readonly silenceMs: number;
};

const defaultTimes: ClientTimes = {
  answerMs: 30_000,
  reconnectForMs: 60_000,
  reconnectEveryMs: 500,
  silenceMs: 60_000,
};

/** What can be done with a verb of {@link DanubeClient}. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/** The API of the api-server, as the command needs it. Opens nothing until it is used. */
export class DanubeClient {
  readonly server: URL;
  readonly #times: ClientTimes;

  constructor(server: URL, times: Partial<ClientTimes> = {}) {
    this.server = server;
    this.#times = { ...defaultTimes, ...times };
  }

  /** Queues a job. Sent with an idempotency key, so that an answer lost on the way cannot make two jobs. */
  async submit(pipeline: Pipeline, { signal }: CallOptions = {}): Promise<Job> {
    const answer = await this.#json({
      method: 'POST',
      path: '/v1/jobs',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ pipeline }),
      signal,
    });
    return this.#job(answer);
  }

  /** A job as it is now. @throws CliError NotFound */
  async job(id: string, { signal }: CallOptions = {}): Promise<Job> {
    return this.#job(await this.#json({ method: 'GET', path: `/v1/jobs/${encodeURIComponent(id)}`, signal }));
  }

  /** Jobs, newest first. */
  async jobs({ signal }: CallOptions = {}): Promise<readonly Job[]> {
    const answer = await this.#json({ method: 'GET', path: '/v1/jobs', signal });
    const { jobs } = (answer ?? {}) as { jobs?: unknown };
    if (!Array.isArray(jobs)) throw notDanube(this.server, 'its list of jobs is none');
    return jobs.map((job) => this.#job(job));
  }

  /** Asks for the end of a job. Harmless when it has ended or is being cancelled. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Job> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/cancel`;
    return this.#job(await this.#json({ method: 'POST', path, signal }));
  }

  /** The log up to now. */
  async *log(id: string, { signal }: CallOptions = {}): AsyncGenerator<LogEntry, void> {
    const answer = await this.#json({ method: 'GET', path: logPath(id), signal });
    const { entries } = (answer ?? {}) as { entries?: unknown };
    if (!Array.isArray(entries)) throw notDanube(this.server, 'its log has no entries');
    yield* entries as LogEntry[];
  }

  /**
   * The log from its beginning to the final state of the job. A stream that breaks is taken up again after the last
   * entry that came, without gap or duplicate.
   *
   * @throws CliError StreamLost when it cannot be taken up again within `reconnectForMs`.
   */
  async *follow(id: string, { signal }: CallOptions = {}): AsyncGenerator<LogEntry, void> {
    let position: number | undefined;
    let brokenSinceMs: number | undefined;
    for (;;) {
      try {
        for await (const entry of logEntries(await this.#openLog(id, { position, signal }), this.server)) {
          brokenSinceMs = undefined;
          position = entry.position;
          yield entry;
          if (entry.event.type === 'job.state' && isFinal(entry.event.state)) return;
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
      }
      brokenSinceMs ??= performance.now();
      if (performance.now() - brokenSinceMs > this.#times.reconnectForMs) throw streamLost(id);
      await pause(this.#times.reconnectEveryMs, signal);
    }
  }

  async #openLog(
    id: string,
    { position, signal }: { position: number | undefined } & CallOptions,
  ): Promise<IncomingMessage> {
    const answer = await send(this.server, {
      method: 'GET',
      path: `${logPath(id)}?follow=1`,
      headers: {
        accept: 'text/event-stream',
        ...(position === undefined ? {} : { 'last-event-id': String(position) }),
      },
      signal,
      idleTimeoutMs: this.#times.silenceMs,
    });
    if (answer.statusCode !== 200) throw await failureOf(this.server, answer);
    if (answer.headers['content-type']?.startsWith('text/event-stream') !== true) {
      answer.destroy();
      throw notDanube(this.server, 'its log is not a stream of events');
    }
    return answer;
  }

  async #json(request: Omit<HttpRequest, 'idleTimeoutMs'>): Promise<unknown> {
    const answer = await send(this.server, { ...request, idleTimeoutMs: this.#times.answerMs });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw await failureOf(this.server, answer);
    return readJson(this.server, answer);
  }

  #job(value: unknown): Job {
    const parsed = jobSchema.safeParse(value);
    if (!parsed.success) throw notDanube(this.server, 'its answer is not a job');
    return parsed.data;
  }
}

const logPath = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}/logs`;

/** Whether a log stream may be tried again: its connection broke, or the server said that it is not well. */
const isPassing = (error: unknown): boolean =>
  error instanceof CliError
    ? error.code === 'ServerUnreachable' || error.code === 'ServerFailed'
    : typeof (error as NodeJS.ErrnoException).code === 'string';

const streamLost = (id: string): CliError =>
  new CliError('StreamLost', `the log of job ${id} broke off and could not be taken up again`, {
    hint: `the job goes on; danube logs -f ${id} follows it once the server is back`,
  });

const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
};
