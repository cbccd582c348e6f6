import type { JobState } from '@danube/contract';
import type { SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';

/** A row of `jobs` without its pipeline, which can be large and never changes. Times are ISO texts. */
export type JobRow = {
  readonly number: number;
  readonly id: string;
  readonly pipeline_id: string;
  readonly created_at: string;
  state: JobState;
  /** JSON of a reason. */
  reason: string | null;
  attempt: number;
  cancel_requested_at: string | null;
  log_complete: number;
  pod_uid: string | null;
  progress: string | null;
  taken_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  acked_seq: number;
  /** The coordinator ended because something told it to: 1 with its log complete, 0 without. */
  told_to_end: number | null;
  last_position: number;
};

/** What a new row needs. */
export type NewJobRow = {
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineId: string;
  readonly at: string;
  readonly idempotencyKey: string | null;
  readonly requestHash: string | null;
};

const mutable = [
  'state',
  'reason',
  'attempt',
  'cancel_requested_at',
  'log_complete',
  'pod_uid',
  'progress',
  'taken_at',
  'started_at',
  'finished_at',
  'acked_seq',
  'told_to_end',
  'last_position',
] as const satisfies readonly (keyof JobRow)[];

const columns = ['number', 'id', 'pipeline_id', 'created_at', ...mutable].join(', ');
const inList = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** SQL of the table `jobs`. Its callers hold a transaction where several calls belong together. */
export const jobTable = (db: Database) => {
  const insert = db.prepare(
    `INSERT INTO jobs (id, pipeline, pipeline_id, state, created_at, idempotency_key, request_hash)
     VALUES (?, ?, ?, 'queued', ?, ?, ?)`,
  );
  const byId = db.prepare(`SELECT ${columns} FROM jobs WHERE id = ?`);
  const byKey = db.prepare('SELECT id, request_hash FROM jobs WHERE idempotency_key = ?');
  const pipeline = db.prepare('SELECT pipeline FROM jobs WHERE id = ?');
  const save = db.prepare(`UPDATE jobs SET ${mutable.map((column) => `${column} = ?`).join(', ')} WHERE number = ?`);

  const countByState = db.prepare('SELECT state, count(*) AS n FROM jobs GROUP BY state');

  return {
    insert: (row: NewJobRow): void => {
      insert.run(row.id, row.pipeline, row.pipelineId, row.at, row.idempotencyKey, row.requestHash);
    },
    byId: (id: string) => byId.get(id) as JobRow | undefined,
    byIdempotencyKey: (key: string) => byKey.get(key) as { id: string; request_hash: string } | undefined,
    pipeline: (id: string): string | undefined => pipeline.get(id)?.['pipeline'] as string | undefined,
    save: (row: JobRow): void => {
      save.run(...mutable.map((column) => row[column]), row.number);
    },
    count: (states: readonly JobState[]): number =>
      Number(db.prepare(`SELECT count(*) AS n FROM jobs WHERE state IN (${inList(states)})`).get(...states)?.['n']),
    countByState: () => countByState.all() as unknown as { state: JobState; n: number }[],
    /** Ids in the order of their submission. */
    idsIn: (states: readonly JobState[], limit: number): string[] =>
      db
        .prepare(`SELECT id FROM jobs WHERE state IN (${inList(states)}) ORDER BY number LIMIT ?`)
        .all(...states, limit)
        .map(({ id }) => id as string),
    /** Newest first, below the row number `before`. */
    page: ({ states, before, limit }: JobQuery): JobRow[] => {
      const where = ['number < ?', ...(states.length === 0 ? [] : [`state IN (${inList(states)})`])].join(' AND ');
      const values: SQLInputValue[] = [before ?? Number.MAX_SAFE_INTEGER, ...states, limit];
      return db
        .prepare(`SELECT ${columns} FROM jobs WHERE ${where} ORDER BY number DESC LIMIT ?`)
        .all(...values) as unknown as JobRow[];
    },
  };
};

/** Which jobs to list. */
export type JobQuery = {
  /** None: every state. */
  readonly states: readonly JobState[];
  /** Only jobs older than the one with this row number. */
  readonly before?: number | undefined;
  readonly limit: number;
};
