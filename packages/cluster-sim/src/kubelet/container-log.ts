import { EventEmitter } from 'node:events';
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** What part of a log is asked for. */
export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly since?: Date | undefined;
  readonly signal: AbortSignal;
}

const MAX_LINE_BYTES = 16 * 1024; // containerd splits longer lines (max_container_log_line_size)
const READ_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

interface Entry {
  readonly time: string;
  readonly text: Buffer;
}

/**
 * The log of one container: both streams in one file, line by line with time and stream as the CRI format has it. It is
 * written synchronously, so what was read from the pipe is on disk before the exit is seen.
 */
export class ContainerLog {
  readonly #path: string;
  readonly #fd: number;
  readonly #now: () => Date;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #partial = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #open = true;

  constructor(path: string, now: () => Date) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
    this.#fd = openSync(path, 'a', 0o600);
    this.#now = now;
  }

  /** Adds output. A line is written when its end is there or when it is too long to wait for. */
  append(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    let rest = Buffer.concat([this.#partial[stream], chunk]);
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      if (end >= 0 && end <= MAX_LINE_BYTES) {
        this.#write(stream, 'F', rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      } else if (rest.length >= MAX_LINE_BYTES) {
        this.#write(stream, 'P', rest.subarray(0, MAX_LINE_BYTES));
        rest = rest.subarray(MAX_LINE_BYTES);
      } else break;
    }
    this.#partial[stream] = Buffer.from(rest);
    this.#changes.emit('change');
  }

  /** Writes what has no line end and closes the file; followers come to their end. */
  close(): void {
    if (!this.#open) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream].length > 0) this.#write(stream, 'P', this.#partial[stream]);
    }
    this.#open = false;
    closeSync(this.#fd);
    this.#changes.emit('change');
  }

  /** The text of the log, as asked. Following ends when the container has ended or the signal is aborted. */
  async *read(options: LogOptions): AsyncGenerator<Buffer> {
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    const skip = options.tailLines === undefined ? 0 : Math.max(0, this.#countLines(options) - options.tailLines);
    let line = 0;
    let startsLine = true;
    for await (const entry of this.#entries(options)) {
      const isStart = startsLine;
      startsLine = entry.text.at(-1) === NEWLINE;
      if (options.since !== undefined && new Date(entry.time) < options.since) continue;
      const index = line;
      if (startsLine) line += 1;
      if (index < skip) continue;
      // the parts of a long line are put together again, and its time stands before the first (kubelet logs.go)
      const text =
        options.timestamps && isStart ? Buffer.concat([Buffer.from(`${entry.time} `), entry.text]) : entry.text;
      yield text.subarray(0, left);
      left -= text.length;
      if (left <= 0) return;
    }
  }

  /** The last bytes of the log, for a termination message. */
  async tail(maxBytes: number, maxLines: number): Promise<string> {
    const parts: Buffer[] = [];
    const options = { follow: false, timestamps: false, tailLines: maxLines, signal: new AbortController().signal };
    for await (const part of this.read(options)) parts.push(part);
    return Buffer.concat(parts).subarray(-maxBytes).toString();
  }

  #write(stream: string, tag: 'F' | 'P', text: Buffer): void {
    // nanoseconds, as containerd writes them; the clock here gives milliseconds
    const time = this.#now().toISOString().replace('Z', '000000Z');
    writeSync(this.#fd, Buffer.concat([Buffer.from(`${time} ${stream} ${tag} `), text, Buffer.from('\n')]));
  }

  #countLines(options: LogOptions): number {
    let lines = 0;
    let inLine = false;
    for (const entry of this.#readFrom({ fd: openSync(this.#path, 'r') })) {
      if (options.since !== undefined && new Date(entry.time) < options.since) continue;
      inLine = entry.text.at(-1) !== NEWLINE;
      if (!inLine) lines += 1;
    }
    return inLine ? lines + 1 : lines; // the last line may have no end
  }

  *#readFrom({ fd }: { fd: number }): Generator<Entry> {
    try {
      yield* parseEntries(readChunks(fd));
    } finally {
      closeSync(fd);
    }
  }

  async *#entries({ follow, signal }: LogOptions): AsyncGenerator<Entry> {
    const fd = openSync(this.#path, 'r');
    try {
      const parser = new EntryParser();
      for (;;) {
        const wasOpen = this.#open;
        for (const chunk of readChunks(fd)) yield* parser.push(chunk);
        if (!follow || !wasOpen || signal.aborted) return;
        await this.#changed(signal);
      }
    } finally {
      closeSync(fd);
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#changes.off('change', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#changes.on('change', done);
      signal.addEventListener('abort', done);
    });
  }
}

function* readChunks(fd: number): Generator<Buffer> {
  const buffer = Buffer.alloc(READ_BYTES);
  for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer))
    yield Buffer.from(buffer.subarray(0, bytes));
}

function* parseEntries(chunks: Iterable<Buffer>): Generator<Entry> {
  const parser = new EntryParser();
  for (const chunk of chunks) yield* parser.push(chunk);
}

/** Cuts the file's bytes into entries: `TIME STREAM TAG TEXT`. A partial line (`P`) keeps no line end. */
class EntryParser {
  #rest = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Entry> {
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      const line = bytes.subarray(0, end + 1);
      bytes = bytes.subarray(end + 1);
      const head = /^(\S+) (?:stdout|stderr) ([FP]) /.exec(line.subarray(0, 64).toString('latin1'));
      if (head === null) continue;
      const text = line.subarray(head[0].length, head[2] === 'P' ? -1 : undefined);
      yield { time: head[1] ?? '', text: Buffer.from(text) };
    }
    this.#rest = Buffer.from(bytes);
  }
}
