import { isFinal, type JobEvent, type Pipeline, type ServerEvent } from '@danube/contract';
import { coordinatorsEnd, type End, pendingSteps, stepAfter, stepAtEnd } from '../domain/apply-event.ts';
import { mayRetry, type RetryPolicy } from '../domain/retry.ts';
import type { Database } from './database.ts';
import { jobView } from './job-view.ts';
import type { JobRow, jobTable } from './job-table.ts';
import type { logTable } from './log-table.ts';
import { retryTable } from './retry-table.ts';
import type { stepTable } from './step-table.ts';

/** What a {@link JobWriter} writes to. */
export type JobWriterParts = {
  readonly db: Database;
  readonly now: () => number;
  readonly retry: RetryPolicy;
  readonly jobs: ReturnType<typeof jobTable>;
  readonly steps: ReturnType<typeof stepTable>;
  readonly log: ReturnType<typeof logTable>;
};

const HOUR_MS = 3_600_000;

/** What happens to a job, as changes of its row, its steps and its log. The caller holds a transaction and saves the row. */
export class JobWriter {
  readonly #parts: JobWriterParts;
  readonly #retries: ReturnType<typeof retryTable>;

  constructor(parts: JobWriterParts) {
    this.#parts = parts;
    this.#retries = retryTable(parts.db);
  }

  /** Adds a coordinator's event to the log, and does what it says. */
  apply(row: JobRow, event: JobEvent): void {
    this.append(row, event);
    if (event.type === 'job.started') {
      row.state = 'running';
      row.started_at = event.at;
      this.appendState(row);
    } else if (event.type === 'job.finished') {
      this.#finish(row, event);
    } else if (event.type !== 'output') {
      const step = this.#parts.steps.get(row.number, event.step);
      const after = step === undefined ? undefined : stepAfter(step, event);
      if (after !== undefined) this.#parts.steps.put(row.number, event.step, after);
    }
  }

  /** Ends a job, or queues it for another attempt where the retry policy allows one. The first end stands. */
  end(row: JobRow, end: End): void {
    if (isFinal(row.state)) return;
    const at = this.#at();
    if (end.logNote !== undefined) this.append(row, { type: 'pod.progress', at, message: end.logNote });
    if (this.#mayRetry(row, end)) {
      this.#beginAgain(row, end);
      return;
    }
    for (const [index, step] of this.#parts.steps.all(row.number).entries()) {
      this.#parts.steps.put(row.number, index, stepAtEnd(step, end, at));
    }
    row.state = end.state;
    row.reason = end.reason === undefined ? null : JSON.stringify(end.reason);
    row.log_complete = end.logComplete ? 1 : 0;
    row.finished_at = at;
    this.appendState(row);
  }

  /**
   * What a coordinator says about the end is the end, unless it was told to end by something else than Danube: then
   * the pod knows why, and shows it in a moment. The supervisor reads it there.
   */
  #finish(row: JobRow, event: Extract<JobEvent, { type: 'job.finished' }>): void {
    const isCancelRequested = row.cancel_requested_at !== null;
    if (event.state === 'cancelled' && !isCancelRequested) row.told_to_end = event.logComplete ? 1 : 0;
    else this.end(row, coordinatorsEnd(event, { isCancelRequested }));
  }

  #mayRetry(row: JobRow, end: End): boolean {
    const retry = {
      end,
      attempt: row.attempt,
      isCancelRequested: row.cancel_requested_at !== null,
      hasBegun: this.#parts.steps.all(row.number).some(({ state }) => state !== 'pending'),
      retriesInLastHour: this.#retries.since(new Date(this.#parts.now() - HOUR_MS).toISOString()),
    };
    return mayRetry(retry, this.#parts.retry);
  }

  /** Queues the job for another attempt: another pod, whose coordinator counts its events from 1 again. */
  #beginAgain(row: JobRow, { reason: why }: End): void {
    this.#retries.add({ job: row.number, attempt: row.attempt, at: this.#at(), reason: JSON.stringify(why) });
    const pipeline = JSON.parse(this.#parts.jobs.pipeline(row.id) ?? '') as Pipeline;
    for (const [index, step] of pendingSteps(pipeline).entries()) this.#parts.steps.put(row.number, index, step);
    row.attempt += 1;
    row.state = 'queued';
    row.acked_seq = 0;
    row.pod_uid = row.progress = row.taken_at = row.started_at = row.told_to_end = null;
    this.append(row, {
      type: 'job.state',
      at: this.#at(),
      state: 'queued',
      ...(why === undefined ? {} : { reason: why }),
    });
  }

  /** Notes in the log in what state the job is. */
  appendState(row: JobRow): void {
    const { state, reason } = jobView(row, []);
    this.append(row, { type: 'job.state', at: this.#at(), state, ...(reason === undefined ? {} : { reason }) });
  }

  /** Adds an entry at the end of the log. */
  append(row: JobRow, event: JobEvent | ServerEvent): void {
    row.last_position += 1;
    this.#parts.log.append(row.number, row.last_position, event);
  }

  #at(): string {
    return new Date(this.#parts.now()).toISOString();
  }
}
