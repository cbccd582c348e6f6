import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { ExecCopyError } from '../errors.ts';
import type { ExecStream } from '../exec-stream.ts';
import type { ExecOptions, ExecTarget } from '../types.ts';
import { extractTree } from './extract-tree.ts';
import { Hashed } from './hashed.ts';
import { packProgram, unpackProgram } from './programs.ts';
import { check, listen } from './report.ts';
import { archiveBytes, packTree, planTree } from './tree.ts';

/** A place in a container. */
export interface ContainerPath extends ExecTarget {
  /** Absolute. */
  readonly path: string;
}

/** Options of {@link copyTo} and {@link copyFrom}. */
export type CopyOptions = Pick<ExecOptions, 'signal' | 'retryForMs'>;

/** What was copied. */
export interface CopyResult {
  readonly files: number;
  /** Bytes of their contents. */
  readonly bytes: number;
  /** SHA-256 of the tar stream, in hexadecimal: the same on both ends. */
  readonly sha256: string;
}

/**
 * Copies a file or a directory into a container. `to.path` is what it is called there; missing directories above it are made. A file
 * appears when all of it is there and its length and SHA-256 are right, and not at all otherwise; a directory is unpacked over what is there, and
 * stays half done when the copy fails. Owner is who runs in the container; modes and links are kept.
 *
 * @throws ExecCopyError `EXEC_COPY_TOOLS` for an image without tar, `EXEC_COPY_FAILED`, `EXEC_COPY_CORRUPT`
 * @throws ExecError as a plain exec does, when the connection breaks
 * @example
 * await copyTo(stream, { from: 'src', to: { ...worker, path: '/workspace/src' } });
 */
export async function copyTo(
  stream: Pick<ExecStream, 'exec'>,
  { from, to }: { readonly from: string; readonly to: ContainerPath },
  options: CopyOptions = {},
): Promise<CopyResult> {
  const path = absolute(to.path);
  const single = (await stat(from)).isFile();
  const stage = single ? `.danube-${randomBytes(8).toString('hex')}` : '';
  const entries = await planTree(resolve(from), single ? stage : '.');
  const place = single ? [posix.dirname(path), stage, posix.basename(path)] : [path, '', ''];
  const failed = new AbortController();
  const session = stream.exec(to, ['sh', '-c', unpackProgram, 'danube:copy', String(archiveBytes(entries)), ...place], {
    ...options,
    stdin: true,
    signal: options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal,
  });
  session.stdout.resume();
  const archive = new Hashed(packTree(entries));
  const reported = listen(session);
  const stdin = session.stdin as Writable;
  try {
    await send(archive, stdin);
  } catch (error) {
    failed.abort(error);
    await session.result.catch(() => undefined);
    throw error;
  }
  const report = await reported;
  const sent = archive.measured();
  const { done } = report;
  const whole = done?.tarCode === 0 && done.bytes === sent.bytes && done.sha256 === sent.sha256;
  stdin.write(whole && stdin.writable ? 'whole\n' : 'broken\n');
  const { code } = await session.result;
  check(report, path, sent);
  if (code !== 0) throw new ExecCopyError('EXEC_COPY_FAILED', (await reported).words || path, { started: 'yes' });
  return {
    files: entries.filter(({ type }) => type === 'file').length,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    sha256: sent.sha256,
  };
}

/**
 * Copies a file or a directory out of a container. `to` is what it is called here. It appears when all of it is here and its
 * SHA-256 is right, and not at all otherwise: a file takes the place of another one, a directory must not be there yet.
 * The container is not trusted: nothing is written outside of `to`, and links that lead outside, devices and the like are refused.
 *
 * @throws ExecCopyError as {@link copyTo}, and `EXEC_COPY_UNSAFE` for an archive that wants more than it may
 * @throws ExecError as a plain exec does, when the connection breaks
 * @example
 * await copyFrom(stream, { from: { ...worker, path: '/workspace/dist' }, to: 'dist' });
 */
export async function copyFrom(
  stream: Pick<ExecStream, 'exec'>,
  { from, to }: { readonly from: ContainerPath; readonly to: string },
  options: CopyOptions & { /** Of the contents. @default no limit */ readonly maxBytes?: number } = {},
): Promise<CopyResult> {
  const path = absolute(from.path);
  const place = resolve(to);
  const { maxBytes = Infinity, ...execOptions } = options;
  await mkdir(dirname(place), { recursive: true });
  const stage = await mkdtemp(join(dirname(place), '.danube-'));
  const failed = new AbortController();
  try {
    const into = join(stage, 'tree');
    await mkdir(into);
    const session = stream.exec(
      from,
      ['sh', '-c', packProgram, 'danube:copy', path, posix.dirname(path), posix.basename(path)],
      { ...execOptions, signal: options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal },
    );
    const reported = listen(session);
    const archive = new Hashed(session.stdout as AsyncIterable<Buffer>);
    const [extracted, ended] = await Promise.allSettled([
      extractTree(archive, { into, maxBytes }).catch((error: unknown) => {
        if (!isCut(error)) failed.abort(error);
        throw error;
      }),
      session.result,
    ]);
    const unpacked = extracted.status === 'rejected' && isCut(extracted.reason) ? undefined : valueOf(extracted);
    // Why the connection or tar ended says more than that the archive is cut because of it.
    valueOf(ended);
    const came = archive.measured();
    check(await reported, path, came);
    const { isDirectory, ...counts } = unpacked ?? valueOf(extracted);
    await putInPlace(isDirectory ? into : join(into, posix.basename(path)), place);
    return { ...counts, sha256: came.sha256 };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Sends all of it, at the pace of the other end. Stops quietly when that does not want it any more. */
async function send(archive: AsyncIterable<Buffer>, to: Writable): Promise<void> {
  for await (const chunk of archive) {
    if (to.destroyed) return;
    if (to.write(chunk)) continue;
    await new Promise<void>((done) => {
      const settle = (): void => {
        to.off('drain', settle).off('close', settle);
        done();
      };
      to.on('drain', settle).on('close', settle);
    });
  }
}

const isCut = (error: unknown): boolean => error instanceof ExecCopyError && error.code === 'EXEC_COPY_CORRUPT';

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

async function putInPlace(what: string, place: string): Promise<void> {
  await rename(what, place).catch((cause: unknown) => {
    throw new ExecCopyError('EXEC_COPY_FAILED', `${place} cannot be put in place`, { started: 'yes', cause });
  });
}

function absolute(path: string): string {
  if (!path.startsWith('/') || path.includes('\0')) throw new TypeError(`path: expected an absolute path, got ${path}`);
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
