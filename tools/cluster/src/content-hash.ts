import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A short name for the content of a directory (its files, not its folders) and some words: a cache key. */
export const contentHash = async (directory: string, words: readonly string[]): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(words));
  for (const entry of (await readdir(directory, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(directory, entry.name));
    hash.update(`\0${entry.name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
};
