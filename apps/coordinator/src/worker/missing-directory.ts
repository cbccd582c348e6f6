import { type Reason, reason } from '@danube/contract';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StepRun } from './step-runner.ts';

/**
 * Says so when the working directory of a run should be in the workspace and is not there. The worker would only fail
 * with exit code 126. What cannot be looked at from here, and a run that was started before, are left to the worker.
 */
export const missingDirectory = async (
  { id, name, workingDir }: StepRun,
  places: { readonly workspace: string; readonly control: string },
): Promise<Reason | undefined> => {
  const inside = relative(places.workspace, workingDir);
  if (inside.startsWith('..') || (await isThere(workingDir)) || (await isThere(join(places.control, id))))
    return undefined;
  const where = inside === '' ? '/workspace' : inside;
  return reason('StepFailed', `step ${JSON.stringify(name)}: there is no directory ${where} in the workspace`);
};

/** Whether something is at a path; what cannot be looked at counts as there. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
