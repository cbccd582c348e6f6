import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoordinatorError, messageOf } from '../errors.ts';
import type { Secrets } from './read-secrets.ts';

/**
 * All values that the secrets of this job have had, those of now included. A Kubernetes Secret can be changed while a job
 * runs; a coordinator that is started again finds the new value, but output may hold the old one.
 *
 * They are kept in a directory that should be in memory. Where there is none, only the values of now are known.
 *
 * @throws CoordinatorError `SECRETS` when there is such a directory, and it cannot be used.
 */
export const keptValues = async (dir: string, secrets: Secrets): Promise<readonly string[]> => {
  const now = [...secrets.values()];
  if (now.length === 0 || !(await isThere(dir))) return now;
  const file = join(dir, 'values.json');
  try {
    const values = [...new Set([...(await read(file)), ...now])];
    await writeFile(`${file}.tmp`, JSON.stringify(values), { mode: 0o600 });
    await rename(`${file}.tmp`, file);
    return values;
  } catch (error) {
    throw new CoordinatorError('SECRETS', `what they were cannot be kept: ${messageOf(error)}`, { cause: error });
  }
};

const isThere = (dir: string): Promise<boolean> =>
  stat(dir).then(
    () => true,
    () => false,
  );

const read = async (file: string): Promise<string[]> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as string[];
};
