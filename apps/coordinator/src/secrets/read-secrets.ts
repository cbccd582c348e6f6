import type { Pipeline } from '@danube/contract';
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoordinatorError, messageOf } from '../errors.ts';

/** A shorter secret cannot be masked: too much else in a log looks like it. */
export const MIN_SECRET_BYTES = 8;
/** More cannot be given to a command as a variable. */
const MAX_SECRET_BYTES = 65_536;

/** The values of a job's secrets, by name. */
export type Secrets = ReadonlyMap<string, string>;

/**
 * Reads the secrets that a pipeline declares from their directory, a file for each.
 *
 * @throws CoordinatorError `SECRETS` naming the secret and what is wrong with it, never its value.
 */
export const readSecrets = async (dir: string, declared: Pipeline['secrets'] = {}): Promise<Secrets> => {
  const read = async (name: string): Promise<[string, string]> => [name, await readSecret(dir, name)];
  return new Map(await Promise.all(Object.keys(declared).map(read)));
};

const readSecret = async (dir: string, name: string): Promise<string> => {
  const bytes = await readFile(join(dir, name)).catch((error: unknown) => {
    throw new CoordinatorError('SECRETS', `${name}: ${messageOf(error)}`, { cause: error });
  });
  const text = bytes.toString('utf8');
  const refuse = (why: string): never => {
    throw new CoordinatorError('SECRETS', `${name}: ${why}`);
  };
  if (Buffer.byteLength(text.trim()) < MIN_SECRET_BYTES)
    return refuse(`it is shorter than ${MIN_SECRET_BYTES} bytes, and hiding it would hide too much else in the log`);
  if (bytes.length > MAX_SECRET_BYTES) return refuse(`it is longer than ${MAX_SECRET_BYTES} bytes`);
  if (!isUtf8(bytes) || text.includes('\0')) return refuse('it is not text, and a variable cannot hold it');
  return text;
};
