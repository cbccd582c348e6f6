import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ExecError } from '../errors.ts';

/**
 * Opens a file that user code could have put there: no link is followed, no FIFO is waited for, and it must be a regular file with
 * one name. Undefined when there is none. @throws ExecError EXEC_JOURNAL for anything else
 */
export async function openSafely(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined;
    const detail = isErrno(cause, 'ELOOP') ? 'a file of the run is a link' : 'a file of the run cannot be opened';
    throw new ExecError('EXEC_JOURNAL', detail, { started: 'maybe', cause });
  }
  const stats = await file.stat();
  if (stats.isFile() && stats.nlink <= 1) return file;
  await file.close();
  throw new ExecError('EXEC_JOURNAL', 'a file of the run is not a regular file with one name', { started: 'maybe' });
}

/** True for a system error with this code. */
export const isErrno = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
