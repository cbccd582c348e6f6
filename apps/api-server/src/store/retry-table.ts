import type { Database } from './database.ts';

/** A job that got another attempt, and why. */
export type RetryRow = { readonly job: number; readonly attempt: number; readonly at: string; readonly reason: string };

/** SQL of the table `retries`. */
export const retryTable = (db: Database) => {
  const insert = db.prepare('INSERT INTO retries (job, attempt, at, reason) VALUES (?, ?, ?, ?)');
  const count = db.prepare('SELECT count(*) AS n FROM retries WHERE at >= ?');
  return {
    add: ({ job, attempt, at, reason }: RetryRow): void => {
      insert.run(job, attempt, at, reason);
    },
    /** How many there were from a time on. */
    since: (at: string): number => Number(count.get(at)?.['n']),
  };
};
