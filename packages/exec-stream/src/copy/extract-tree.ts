import { createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ExecCopyError } from '../errors.ts';
import { type ReadEntry, readTar } from './tar/read-tar.ts';

/** What was unpacked. */
export interface Extracted {
  readonly files: number;
  /** Bytes of the contents. */
  readonly bytes: number;
  /** True: the archive has the contents of a directory. False: it has one file. */
  readonly isDirectory: boolean;
}

/** Where to unpack, and how much at most. */
export interface ExtractOptions {
  /** A directory that is there, empty, and nobody else's. */
  readonly into: string;
  readonly maxBytes: number;
}

/**
 * Unpacks an archive that somebody else made. Nothing lands outside of the directory: paths are checked, symbolic links are made
 * last, so that nothing is written through one, and only those that stay inside; devices and the like are refused, as are set-user-id bits.
 * @throws ExecCopyError EXEC_COPY_UNSAFE, or EXEC_COPY_CORRUPT for what is no whole archive
 */
export async function extractTree(
  source: AsyncIterable<Buffer>,
  { into, maxBytes }: ExtractOptions,
): Promise<Extracted> {
  const later: Later = { symlinks: [], directories: [] };
  let [files, bytes] = [0, 0];
  try {
    for await (const entry of readTar(source)) {
      const path = safePath(entry.path);
      bytes += entry.size;
      if (bytes > maxBytes) throw unsafe(`more than ${maxBytes} bytes`);
      if (await extract(entry, { into, path, later })) files++;
    }
  } catch (error) {
    if (error instanceof RangeError) throw new ExecCopyError('EXEC_COPY_CORRUPT', error.message, { started: 'yes' });
    throw error;
  }
  for (const { path, target } of later.symlinks) await symlink(target, join(into, path));
  for (const { path, mode } of later.directories.reverse()) await chmod(join(into, path), mode);
  return { files, bytes, isDirectory: later.directories.some(({ path }) => path === '.') };
}

interface Later {
  readonly symlinks: { readonly path: string; readonly target: string }[];
  /** Modes last. Their owner, who is us, keeps all rights, or could not remove them. */
  readonly directories: { readonly path: string; readonly mode: number }[];
}

interface Place {
  readonly into: string;
  readonly path: string;
  readonly later: Later;
}

/** Puts one entry to its place. True for a file. */
async function extract(entry: ReadEntry, { into, path, later }: Place): Promise<boolean> {
  const place = join(into, path);
  if (entry.type === 'directory') {
    await mkdir(place, { recursive: true });
    later.directories.push({ path, mode: (entry.mode & 0o777) | 0o700 });
    return false;
  }
  if (path === '.') throw unsafe('the directory itself is something else');
  await mkdir(dirname(place), { recursive: true });
  if (entry.type === 'file') {
    await pipeline(entry.content, createWriteStream(place, { flags: 'wx', mode: entry.mode & 0o777 }));
    await utimes(place, entry.modifiedS, entry.modifiedS);
  } else if (entry.type === 'symlink') {
    later.symlinks.push({ path, target: safeTarget(path, entry.target ?? '') });
  } else if (entry.type === 'link') {
    await linkTo(join(into, safePath(entry.target ?? '')), place);
  } else {
    throw unsafe(`${JSON.stringify(path)} is neither file, directory nor link`);
  }
  return entry.type !== 'symlink';
}

/** A path that stays below where it is put. */
function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path === '' || path.startsWith('/') || path.includes('\0') || parts.includes('..')) {
    throw unsafe(`the path ${JSON.stringify(path)}`);
  }
  return parts.length === 0 ? '.' : parts.join('/');
}

function safeTarget(path: string, target: string): string {
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  const leaves =
    target === '' || target.startsWith('/') || target.includes('\0') || end === '..' || end.startsWith('../');
  if (leaves) throw unsafe(`the link ${JSON.stringify(path)}, which leads outside`);
  return target;
}

async function linkTo(target: string, place: string): Promise<void> {
  const stats = await lstat(target).catch(() => undefined);
  if (stats?.isFile() !== true) throw unsafe('a link to what is no file of it');
  await link(target, place);
}

const unsafe = (detail: string): ExecCopyError => new ExecCopyError('EXEC_COPY_UNSAFE', detail, { started: 'yes' });
