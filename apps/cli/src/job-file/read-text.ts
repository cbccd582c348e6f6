import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { CliError, messageOf } from '../errors.ts';

/** Larger than any job file: the job travels in its pod, where 256 KiB are all there is. */
const maxBytes = 1024 * 1024;

/**
 * Reads a text file, or standard input for `-`.
 *
 * @throws CliError BadJobFile when it is missing, not readable, a directory, too large, or not UTF-8.
 */
export const readText = async (file: string, stdin: Readable): Promise<string> => {
  const bytes = file === '-' ? await collect(stdin, 'standard input') : await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError('BadJobFile', `${file} is not UTF-8 text`, {
      cause,
      hint: 'expected a job file in YAML or JSON',
    });
  }
};

const readFile = async (file: string): Promise<Buffer> => {
  try {
    await using handle = await open(file, 'r');
    if ((await handle.stat()).isDirectory()) throw directory(file);
    return await collect(handle.createReadStream({ autoClose: false }), file);
  } catch (error) {
    throw error instanceof CliError ? error : unreadable(file, error);
  }
};

const collect = async (source: Readable, name: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    total += bytes.length;
    if (total > maxBytes) {
      throw new CliError('BadJobFile', `${name} is larger than 1 MiB`, { hint: 'is it the job file?' });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};

const directory = (file: string): CliError =>
  new CliError('BadJobFile', `${file} is a directory`, { hint: 'name the job file in it' });

const unreadable = (file: string, error: unknown): CliError => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CliError('BadJobFile', `${file} does not exist`, { cause: error, hint: 'check the path' });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new CliError('BadJobFile', `${file} is not readable by this user`, { cause: error, hint: 'check its mode' });
  }
  if (code === 'EISDIR') return directory(file);
  return new CliError('BadJobFile', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
};
