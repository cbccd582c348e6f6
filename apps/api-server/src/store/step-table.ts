import type { StepView } from '@danube/contract';
import type { Database } from './database.ts';

/** SQL of the table `steps`: one row per step, so that an event about one rewrites only that one. */
export const stepTable = (db: Database) => {
  const put = db.prepare('INSERT OR REPLACE INTO steps (job, step, view) VALUES (?, ?, ?)');
  const one = db.prepare('SELECT view FROM steps WHERE job = ? AND step = ?');
  const all = db.prepare('SELECT view FROM steps WHERE job = ? ORDER BY step');
  const view = (row: Record<string, unknown>): StepView => JSON.parse(row['view'] as string) as StepView;

  return {
    put: (job: number, step: number, value: StepView): void => {
      put.run(job, step, JSON.stringify(value));
    },
    get: (job: number, step: number): StepView | undefined => {
      const row = one.get(job, step);
      return row === undefined ? undefined : view(row);
    },
    all: (job: number): StepView[] => all.all(job).map(view),
  };
};
