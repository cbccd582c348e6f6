import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { checkRef } from './durable/check-spec.ts';
import { parseExitRecord } from './durable/exit-record.ts';
import { journalOf } from './durable/journal.ts';
import { isErrno, openSafely } from './durable/safe-file.ts';
import { Wakeup } from './durable/wakeup.ts';
import { ExecAbortedError, ExecError, ExecLostError } from './errors.ts';
import type { ExitRecord, Journal, JournalChunk, RunRef, StreamBytes } from './types.ts';

/** Options of {@link readJournal}. */
export interface ReadJournalOptions extends RunRef {
  /** Where to go on. @default the beginning */
  readonly offsets?: StreamBytes;
  /** What to read. With none, the iteration yields nothing and ends with the run: a cheap wait for the exit record. @default both */
  readonly streams?: readonly ('stdout' | 'stderr')[];
  readonly signal?: AbortSignal;
  /**
   * Asked while nothing happens: `() => execStream.probe(target, run)`. Only a look from inside the container can tell a quiet
   * command from a dead launcher; without it, a lost run is waited for until the signal. Its failures are no evidence.
   */
  readonly probe?: () => Promise<{ readonly state: string }>;
  /** Silence after which {@link ReadJournalOptions.probe} is asked. @default 10000 */
  readonly probeAfterMs?: number;
}

const CHUNK_BYTES = 128 * 1024;
const MAX_RECORD_BYTES = 64 * 1024;

/**
 * Reads a run's output straight from a volume that is shared with its container: no connection, nothing to lose.
 * It may be called before the run starts. The files are distrusted, because the command can write to the same volume.
 */
export function readJournal(options: ReadJournalOptions): Journal {
  checkRef(options);
  return journalOf(() => read(options));
}

async function* read(options: ReadJournalOptions): AsyncGenerator<JournalChunk, ExitRecord> {
  await using files = new RunFiles(`${options.dir}/${options.id}`);
  using wakeup = new Wakeup(options.signal);
  const streams = options.streams ?? (['stdout', 'stderr'] as const);
  const tails = streams.map((stream) => new Tail(files, stream, options.offsets?.[stream] ?? 0));
  const idle = new IdleProbe(options);
  for (;;) {
    if (options.signal?.aborted) {
      throw new ExecAbortedError('EXEC_ABORTED', 'while reading the journal', {
        started: 'maybe',
        cause: options.signal.reason,
      });
    }
    if (await files.open()) wakeup.watch(files.path);
    // The record first: when it is there, its byte counts are final, and everything they count is there too.
    const record = await files.record();
    let moved = false;
    for (const tail of tails) {
      for (let chunk = await tail.next(record); chunk; chunk = await tail.next(record)) {
        moved = true;
        yield chunk;
      }
    }
    if (record) return record;
    if (moved) idle.reset();
    else await idle.check();
    await wakeup.next();
  }
}

/** The run's directory, held open so that it cannot be replaced by a link later. */
class RunFiles implements AsyncDisposable {
  readonly #directory: string;
  readonly #open: AsyncDisposable[] = [];
  path: string;
  #handle: FileHandle | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.path = directory;
  }

  async open(): Promise<boolean> {
    if (this.#handle) return true;
    try {
      this.#handle = await open(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (cause) {
      if (isErrno(cause, 'ENOENT')) return false;
      throw new ExecError('EXEC_JOURNAL', 'the directory of the run cannot be opened', { started: 'maybe', cause });
    }
    this.#open.push(this.#handle);
    if (process.platform === 'linux') this.path = `/proc/self/fd/${this.#handle.fd}`;
    return true;
  }

  async file(name: string): Promise<FileHandle | undefined> {
    if (!this.#handle) return undefined;
    const file = await openSafely(`${this.path}/${name}`);
    if (file) this.#open.push(file);
    return file;
  }

  async record(): Promise<ExitRecord | undefined> {
    if (!this.#handle) return undefined;
    await using file = await openSafely(`${this.path}/exit.json`);
    if (!file) return undefined;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_RECORD_BYTES), 0, MAX_RECORD_BYTES, 0);
    return parseExitRecord(buffer.toString('utf8', 0, bytesRead));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#open) await handle[Symbol.asyncDispose]();
  }
}

/** One growing output file, read from an offset on. */
class Tail {
  readonly #files: RunFiles;
  readonly #stream: 'stdout' | 'stderr';
  #offset: number;
  #file: FileHandle | undefined;

  constructor(files: RunFiles, stream: 'stdout' | 'stderr', offset: number) {
    this.#files = files;
    this.#stream = stream;
    this.#offset = offset;
  }

  /** The next piece, or undefined at the end of what is there. With a record, its byte count is the end. */
  async next(record: ExitRecord | undefined): Promise<JournalChunk | undefined> {
    const end = record?.bytes[this.#stream] ?? Number.MAX_SAFE_INTEGER;
    if (this.#offset > end) throw this.#broken('the offset is behind the end');
    const wanted = Math.min(CHUNK_BYTES, end - this.#offset);
    if (wanted === 0) return undefined;
    this.#file ??= await this.#files.file(this.#stream === 'stdout' ? 'out' : 'err');
    const offset = this.#offset;
    const buffer = Buffer.allocUnsafe(wanted);
    const bytesRead = (await this.#file?.read(buffer, 0, wanted, offset))?.bytesRead ?? 0;
    if (bytesRead === 0) {
      if (record) throw this.#broken(`${end} bytes were recorded, ${offset} are there`);
      return undefined;
    }
    this.#offset += bytesRead;
    // A short piece must not keep a whole buffer alive.
    const data = bytesRead < wanted / 2 ? Buffer.from(buffer.subarray(0, bytesRead)) : buffer.subarray(0, bytesRead);
    return { stream: this.#stream, offset, data };
  }

  #broken(detail: string): ExecError {
    return new ExecError('EXEC_JOURNAL', `${this.#stream}: ${detail}`, { started: 'yes' });
  }
}

/** Asks the probe while nothing happens. */
class IdleProbe {
  readonly #probe: ReadJournalOptions['probe'];
  readonly #afterMs: number;
  #since = performance.now();
  #asked: Promise<void> | undefined;
  #lost = false;

  constructor(options: ReadJournalOptions) {
    this.#probe = options.probe;
    this.#afterMs = options.probeAfterMs ?? 10_000;
  }

  reset(): void {
    this.#since = performance.now();
  }

  /** @throws ExecLostError one look after the probe said so: what was written last has been read by then */
  async check(): Promise<void> {
    if (this.#lost) {
      throw new ExecLostError('EXEC_LOST', 'nobody knows how the command ended', {
        started: 'maybe',
        hint: 'It is not run again by itself; look for an out-of-memory kill or a container restart',
      });
    }
    if (!this.#probe || this.#asked || performance.now() - this.#since < this.#afterMs) return;
    this.#asked = this.#probe().then(
      ({ state }) => {
        this.#lost = state === 'lost';
      },
      () => undefined,
    );
    await this.#asked;
    this.#asked = undefined;
    this.reset();
  }
}
