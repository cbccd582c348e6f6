import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ExecCopyError } from '../errors.ts';
import { BLOCK_BYTES, paddingOf, type TarEntry } from './tar/tar-entry.ts';
import { writeEnd, writeHeader } from './tar/write-header.ts';

/** Something of this machine that is to be packed. */
export interface LocalEntry extends TarEntry {
  /** Where it is here. */
  readonly file: string;
}

/**
 * What is to be packed of a file or directory, in the order of the archive. The entry itself is called `name`; links inside of a
 * directory stay links, a link at its root is followed.
 * @throws ExecCopyError EXEC_COPY_FAILED for what cannot be packed, such as a socket
 */
export async function planTree(root: string, name: string): Promise<readonly LocalEntry[]> {
  const entries: LocalEntry[] = [];
  const add = async (file: string, path: string): Promise<void> => {
    const entry = await describe(file, { path, follow: file === root });
    entries.push(entry);
    if (entry.type !== 'directory') return;
    for (const child of (await readdir(file)).sort()) await add(join(file, child), `${path}/${child}`);
  };
  await add(root, name);
  return entries;
}

async function describe(
  file: string,
  { path, follow }: { readonly path: string; readonly follow: boolean },
): Promise<LocalEntry> {
  const stats = await (follow ? stat(file) : lstat(file));
  const common = { file, path, mode: stats.mode & 0o777, size: 0, modifiedS: Math.floor(stats.mtimeMs / 1000) };
  if (stats.isFile()) return { ...common, type: 'file', size: stats.size };
  if (stats.isDirectory()) return { ...common, type: 'directory' };
  if (stats.isSymbolicLink()) return { ...common, type: 'symlink', target: await readlink(file) };
  throw new ExecCopyError('EXEC_COPY_FAILED', `${basename(file)} is neither file, directory nor link`, {
    started: 'no',
  });
}

/** Bytes of the archive of these entries: known before the first one is sent, so that nobody has to say where it ends. */
export const archiveBytes = (entries: readonly LocalEntry[]): number =>
  entries.reduce((sum, entry) => sum + writeHeader(entry).length + entry.size + paddingOf(entry.size), 2 * BLOCK_BYTES);

/** The archive itself. @throws ExecCopyError EXEC_COPY_FAILED when a file changes its size while it is read */
export async function* packTree(entries: readonly LocalEntry[]): AsyncGenerator<Buffer, void, undefined> {
  for (const entry of entries) {
    yield writeHeader(entry);
    if (entry.size > 0) yield* contentOf(entry);
    if (entry.size > 0) yield Buffer.alloc(paddingOf(entry.size));
  }
  yield writeEnd();
}

async function* contentOf({ file, size }: LocalEntry): AsyncGenerator<Buffer, void, undefined> {
  let left = size;
  // One byte more than expected, to notice growth; never more, so that no growth is sent.
  for await (const chunk of createReadStream(file, { end: size, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left === 0) return;
  throw new ExecCopyError('EXEC_COPY_FAILED', `${basename(file)} changed while it was read`, { started: 'yes' });
}
