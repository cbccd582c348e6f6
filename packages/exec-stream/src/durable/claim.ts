import { constants } from 'node:fs';
import { mkdir, readlink, symlink } from 'node:fs/promises';
import { ExecError } from '../errors.ts';
import type { RunRef } from '../types.ts';
import { checkRef } from './check-spec.ts';
import { RunFiles } from './run-files.ts';
import { isErrno } from './safe-file.ts';

/** The owner of a claim that nobody will ever act on: there is no process 0 to find, and none that carries this cookie. */
const NOBODY = '0.0.forgone';

/**
 * Whether a launcher has taken a run on a shared volume, seen without any connection. It may have ended since, or died.
 * @throws ExecError `EXEC_JOURNAL` when nobody can look
 */
export async function isRunClaimed(run: RunRef): Promise<boolean> {
  checkRef(run);
  await using files = new RunFiles(run);
  return (await files.open()) && (await hasClaim(files.path));
}

/**
 * Sees to it that a run never starts, unless it has: the answer to a start that got lost. It takes the claim itself, on a
 * shared volume, in the same atomic act as a launcher does, so a start that arrives later finds it taken.
 *
 * Afterwards `forgone` is certain: no command of this run ran or will, and a later start reports it `lost`. With `claimed` the command
 * may run or may have run; read its journal.
 * @throws ExecError `EXEC_JOURNAL` when the volume cannot be written: then nothing is known
 */
export async function forgoRun(run: RunRef): Promise<'forgone' | 'claimed'> {
  checkRef(run);
  await using files = new RunFiles(run);
  try {
    if (!(await files.open())) {
      await mkdir(files.path, constants.S_IRWXU | constants.S_IRWXG).catch(unlessThere);
      await files.open();
    }
    await symlink(NOBODY, `${files.path}/claim`);
    return 'forgone';
  } catch (cause) {
    if (isErrno(cause, 'EEXIST')) return 'claimed';
    throw new ExecError('EXEC_JOURNAL', 'the run cannot be claimed', { started: 'maybe', cause });
  }
}

const unlessThere = (error: unknown): void => {
  if (!isErrno(error, 'EEXIST')) throw error;
};

const hasClaim = async (path: string): Promise<boolean> => {
  try {
    await readlink(`${path}/claim`);
    return true;
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return false;
    throw new ExecError('EXEC_JOURNAL', 'the claim of the run cannot be read', { started: 'maybe', cause });
  }
};
