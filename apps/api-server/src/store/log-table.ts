import type { JobEvent, ServerEvent } from '@danube/contract';
import type { Database } from './database.ts';

/** An entry of a job's log as it is stored: the event stays JSON text until somebody needs more of it. */
export type StoredEntry = { readonly position: number; readonly type: string; readonly event: string };

// A page is what one follower may hold in memory at a time.
const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 256 * 1024;

/** SQL of the table `log`. */
export const logTable = (db: Database) => {
  const insert = db.prepare('INSERT INTO log (job, position, type, event) VALUES (?, ?, ?, ?)');
  const read = db.prepare(
    `SELECT position, type, event FROM log WHERE job = ? AND position > ? ORDER BY position LIMIT ${PAGE_ENTRIES}`,
  );

  return {
    append: (job: number, position: number, event: JobEvent | ServerEvent): void => {
      insert.run(job, position, event.type, JSON.stringify(event));
    },
    /** The entries that follow a position, at most a page of them; none only when there are none. */
    after: (job: number, position: number): StoredEntry[] => {
      const entries: StoredEntry[] = [];
      let size = 0;
      for (const row of read.iterate(job, position)) {
        const entry = row as unknown as StoredEntry;
        entries.push(entry);
        size += entry.event.length;
        if (size >= PAGE_BYTES) break;
      }
      return entries;
    },
  };
};
