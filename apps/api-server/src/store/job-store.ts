import { createHash } from 'node:crypto';
import {
  type EventAck,
  isFinal,
  type Job,
  type JobEvent,
  type JobState,
  type Pipeline,
  reason,
} from '@danube/contract';
import { type End, pendingSteps } from '../domain/apply-event.ts';
import { neverRetry, type RetryPolicy } from '../domain/retry.ts';
import { HttpError } from '../errors/http-error.ts';
import type { Database } from './database.ts';
import { jobView, type SupervisedJob, supervisedView } from './job-view.ts';
import { type JobQuery, type JobRow, jobTable } from './job-table.ts';
import { JobWriter } from './job-writer.ts';
import { logTable, type StoredEntry } from './log-table.ts';
import { Signals } from './signals.ts';
import { stepTable } from './step-table.ts';

/** What {@link JobStore.submit} takes. */
export type Submission = {
  /** Id for the job, should it be new. */
  readonly id: string;
  readonly pipeline: Pipeline;
  /** The same key with the same pipeline is the same job. */
  readonly idempotencyKey?: string | undefined;
};

/** Options of {@link JobStore}. */
export type JobStoreOptions = {
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** When a job gets another attempt instead of its end. @default never */
  readonly retry?: RetryPolicy;
};

/** A change of these is for the supervisor to act on. */
const supervisedFields = ['state', 'cancel_requested_at', 'told_to_end'] as const;

/** Some entries of a log. `ended`: the last of them is the last there will ever be. */
export type LogPage = { readonly entries: readonly StoredEntry[]; readonly ended: boolean };

/**
 * All jobs and their logs. Every method is one transaction: when it returns, its change is on disk; when it throws,
 * nothing has changed. {@link JobStore.changes} tells of each change after it is durable.
 */
export class JobStore {
  readonly changes = new Signals();
  /** Tells of those changes that concern a job's supervisor: of its state, or a wish to cancel it. */
  readonly transitions = new Signals();
  readonly #db: Database;
  readonly #now: () => number;
  readonly #jobs: ReturnType<typeof jobTable>;
  readonly #steps: ReturnType<typeof stepTable>;
  readonly #log: ReturnType<typeof logTable>;
  readonly #writer: JobWriter;

  constructor(db: Database, { now = Date.now, retry = neverRetry }: JobStoreOptions = {}) {
    this.#db = db;
    this.#now = now;
    this.#jobs = jobTable(db);
    this.#steps = stepTable(db);
    this.#log = logTable(db);
    this.#writer = new JobWriter({ db, now, retry, jobs: this.#jobs, steps: this.#steps, log: this.#log });
  }

  /** Queues a job, or finds the one that was queued under the same key. */
  submit({ id, pipeline, idempotencyKey }: Submission): { readonly job: Job; readonly isNew: boolean } {
    const json = JSON.stringify(pipeline);
    const requestHash = createHash('sha256').update(json).digest('hex');
    const result = this.#db.transaction(() => {
      const known = idempotencyKey === undefined ? undefined : this.#jobs.byIdempotencyKey(idempotencyKey);
      if (known !== undefined) {
        if (known.request_hash === requestHash) return { job: this.get(known.id), isNew: false };
        throw new HttpError(
          'idempotency_conflict',
          `this Idempotency-Key belongs to job ${known.id}, which has another pipeline`,
        );
      }
      this.#jobs.insert({
        id,
        pipeline: json,
        pipelineId: pipeline.id,
        at: this.#at(),
        idempotencyKey: idempotencyKey ?? null,
        requestHash,
      });
      const row = this.#row(id);
      for (const [index, step] of pendingSteps(pipeline).entries()) this.#steps.put(row.number, index, step);
      this.#writer.appendState(row);
      this.#jobs.save(row);
      return { job: this.get(id), isNew: true };
    });
    if (result.isNew) this.transitions.emit(id);
    return result;
  }

  /** @throws HttpError `job_not_found` */
  get(id: string): Job {
    const row = this.#row(id);
    return jobView(row, this.#steps.all(row.number));
  }

  /** Newest first. `next` is the `before` of the next page. */
  list(query: JobQuery): { readonly jobs: Job[]; readonly next: number | undefined } {
    const rows = this.#jobs.page({ ...query, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const jobs = shown.map((row) => jobView(row, this.#steps.all(row.number)));
    return { jobs, next: rows.length > shown.length ? shown.at(-1)?.number : undefined };
  }

  pipeline(id: string): Pipeline {
    return JSON.parse(this.#jobs.pipeline(id) ?? this.#missing(id)) as Pipeline;
  }

  /** The job as its supervisor needs it; `undefined` when there is none. */
  supervised(id: string): SupervisedJob | undefined {
    const row = this.#jobs.byId(id);
    return row === undefined ? undefined : supervisedView(row);
  }

  /** Ids of all jobs that have or should soon have a pod, oldest first. */
  active(): string[] {
    return this.#jobs.idsIn(['starting', 'running'], Number.MAX_SAFE_INTEGER);
  }

  /** How many jobs there are in each state that any is in. */
  countByState(): Map<JobState, number> {
    return new Map(this.#jobs.countByState().map(({ state, n }) => [state, n]));
  }

  /** Moves queued jobs to `starting`, oldest first, until `concurrency` jobs are active. Returns their ids. */
  take(concurrency: number): string[] {
    const ids = this.#db.transaction(() => {
      const free = concurrency - this.#jobs.count(['starting', 'running']);
      const queued = free > 0 ? this.#jobs.idsIn(['queued'], free) : [];
      for (const id of queued) {
        const row = this.#row(id);
        row.state = 'starting';
        row.taken_at = this.#at();
        this.#writer.appendState(row);
        this.#jobs.save(row);
      }
      return queued;
    });
    for (const id of ids) {
      this.changes.emit(id);
      this.transitions.emit(id);
    }
    return ids;
  }

  /**
   * Stores what a coordinator reports: each number once, without gap. Numbers that are stored already are left out, and
   * so is all that follows a gap; the answer says what is stored.
   *
   * @throws HttpError `job_ended` for news about a job whose end is recorded.
   */
  ingest(id: string, events: readonly JobEvent[]): EventAck {
    return this.#change(id, (row) => {
      let ackSeq = row.acked_seq;
      for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
        if (event.seq <= ackSeq) continue;
        if (isFinal(row.state)) throw new HttpError('job_ended', `job ${id} has ended as ${row.state}`);
        if (event.seq > ackSeq + 1) break;
        row.acked_seq = ackSeq = event.seq;
        this.#writer.apply(row, event);
      }
      return { ackSeq };
    });
  }

  /** Notes that somebody wants the job to end. A job that is only queued ends at once. Safe to repeat. */
  requestCancel(id: string): Job {
    if (!isFinal(this.#row(id).state)) {
      this.#change(id, (row) => {
        row.cancel_requested_at ??= this.#at();
        if (row.state !== 'queued') return;
        const cancelled = reason('Cancelled', 'The job was cancelled before it began.');
        this.#writer.end(row, { state: 'cancelled', reason: cancelled, logComplete: true });
      });
    }
    return this.get(id);
  }

  /** Notes which pod runs the job. */
  recordPod(id: string, uid: string): void {
    this.#change(id, (row) => (row.pod_uid = uid));
  }

  /** Adds a word about the pod's start to the log, unless it is the same as the last one. */
  progress(id: string, message: string): void {
    if (this.#row(id).progress === message) return;
    this.#change(id, (row) => {
      row.progress = message;
      this.#writer.append(row, { type: 'pod.progress', at: this.#at(), message });
    });
  }

  /**
   * Ends a job, or queues it for another attempt where the retry policy allows one. The first end stands: nothing
   * happens when the job has ended already.
   */
  finish(id: string, end: End): void {
    this.#change(id, (row) => this.#writer.end(row, end));
  }

  /** The entries that follow a position (0: from the beginning). */
  logAfter(id: string, position: number): LogPage {
    const row = this.#row(id);
    const entries = this.#log.after(row.number, position);
    const reached = entries.at(-1)?.position ?? position;
    return { entries, ended: isFinal(row.state) && reached >= row.last_position };
  }

  /** Position of the last entry that a log has now. */
  lastPosition(id: string): number {
    return this.#row(id).last_position;
  }

  /** Writes something, to see that the store can be written to. */
  writeCanary(): void {
    this.#db.prepare('INSERT OR REPLACE INTO canary (id, written_at) VALUES (1, ?)').run(this.#at());
  }

  close(): void {
    this.#db.close();
  }

  #change<T>(id: string, work: (row: JobRow) => T): T {
    const { value, isTransition } = this.#db.transaction(() => {
      const row = this.#row(id);
      const before = { ...row };
      const result = work(row);
      this.#jobs.save(row);
      const isTold = supervisedFields.some((field) => before[field] !== row[field]);
      return { value: result, isTransition: isTold };
    });
    this.changes.emit(id);
    if (isTransition) this.transitions.emit(id);
    return value;
  }

  #row(id: string): JobRow {
    return this.#jobs.byId(id) ?? this.#missing(id);
  }

  #missing(id: string): never {
    throw new HttpError('job_not_found', `there is no job ${JSON.stringify(id.slice(0, 60))}`);
  }

  #at(): string {
    return new Date(this.#now()).toISOString();
  }
}
