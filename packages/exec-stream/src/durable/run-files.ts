import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { ExecError } from '../errors.ts';
import type { ExitRecord, RunRef, StreamBytes } from '../types.ts';
import { parseExitRecord } from './exit-record.ts';
import { freed } from './relay-parser.ts';
import { isErrno, openSafely } from './safe-file.ts';

/** Name of a stream in an API. */
export type StreamName = keyof StreamBytes;

const MAX_RECORD_BYTES = 64 * 1024;
const prefixes = { stdout: 'out', stderr: 'err' } as const;
/** Only as a launcher writes it: a name with zeros in front would be found again and again, and never opened. */
const segmentName = /^(out|err)\.(0|[1-9]\d{0,14})$/;

/** One file of a journal, named by the offset of its first byte. */
export interface Segment {
  readonly begin: number;
  readonly file: FileHandle;
}

/** The files of a run on a shared volume. Its directory is held open, so that it cannot be replaced by a link later. */
export class RunFiles implements AsyncDisposable {
  readonly #directory: string;
  #handle: FileHandle | undefined;
  /** The open directory, under a name that cannot come to mean another one. */
  path: string;

  constructor({ dir, id }: RunRef) {
    this.#directory = `${dir}/${id}`;
    this.path = this.#directory;
  }

  /** False as long as there is no such run. */
  async open(): Promise<boolean> {
    if (this.#handle) return true;
    try {
      this.#handle = await open(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (cause) {
      if (isErrno(cause, 'ENOENT')) return false;
      throw new ExecError('EXEC_JOURNAL', 'the directory of the run cannot be opened', { started: 'maybe', cause });
    }
    if (process.platform === 'linux') this.path = `/proc/self/fd/${this.#handle.fd}`;
    return true;
  }

  /** The file that holds the byte at this offset, or will. @throws ExecError EXEC_FREED when it did */
  async segmentWith(stream: StreamName, offset: number): Promise<Segment | undefined> {
    if (!this.#handle) return undefined;
    const begins = (await readdir(this.path)).flatMap((name) => {
      const [, prefix, begin] = segmentName.exec(name) ?? [];
      return prefix === prefixes[stream] ? [Number(begin)] : [];
    });
    const begin = Math.max(...begins.filter((candidate) => candidate <= offset));
    if (begin >= 0) return (await this.segment(stream, begin)) ?? this.segmentWith(stream, offset);
    if (begins.length > 0) throw freed(stream, Math.min(...begins));
    return undefined;
  }

  /** The file that begins at this offset, if there is one. */
  async segment(stream: StreamName, begin: number): Promise<Segment | undefined> {
    const file = await openSafely(`${this.path}/${prefixes[stream]}.${begin}`);
    return file && { begin, file };
  }

  async record(): Promise<ExitRecord | undefined> {
    if (!this.#handle) return undefined;
    await using file = await openSafely(`${this.path}/exit.json`);
    if (!file) return undefined;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_RECORD_BYTES), 0, MAX_RECORD_BYTES, 0);
    return parseExitRecord(buffer.toString('utf8', 0, bytesRead));
  }

  /** Removes all files of both streams. */
  async removeOutput(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => segmentName.test(name));
    await Promise.all(names.map((name) => rm(`${this.path}/${name}`, { force: true })));
  }

  /** Says that somebody reads, to a run that wants to know. A reader that may not write here does not keep a run alive. */
  async renewLease(): Promise<void> {
    if (!this.#handle) return;
    const lease = await openSafely(`${this.path}/lease`);
    await lease?.close();
    if (lease) await this.#put('lease', randomBytes(8).toString('hex')).catch(() => undefined);
  }

  async acknowledge({ stdout, stderr }: StreamBytes): Promise<void> {
    if (this.#handle) await this.#put('ack', `${stdout} ${stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
  }

  /** Replaces whatever has this name, without opening it: a command can have put anything there. */
  async #put(name: string, text: string): Promise<void> {
    const temporary = `${this.path}/${name}.${randomBytes(8).toString('hex')}`;
    try {
      await writeFile(temporary, `${text}\n`, { flag: 'wx', mode: 0o664 });
      await rename(temporary, `${this.path}/${name}`);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw new ExecError('EXEC_JOURNAL', `${name} of the run cannot be written`, { started: 'maybe', cause });
    }
  }
}
