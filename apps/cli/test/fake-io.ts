import { PassThrough, Readable } from 'node:stream';
import type { Io } from '../src/io.ts';

/** An {@link Io} whose outputs are kept as text, and whose stops a test gives. */
export const fakeIo = (options: { env?: Record<string, string>; stdin?: string; columns?: number } = {}) => {
  const stop = new AbortController();
  const abort = new AbortController();
  const keep = () => {
    const pieces: Buffer[] = [];
    const stream = new PassThrough();
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    return { stream, bytes: () => Buffer.concat(pieces), text: () => Buffer.concat(pieces).toString('utf8') };
  };
  const stdout = keep();
  const stderr = keep();
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: Object.assign(stdout.stream, terminal),
    stderr: stderr.stream,
    env: { NO_COLOR: '1', ...options.env },
    stop: stop.signal,
    abort: abort.signal,
  };
  return {
    io,
    stdout,
    stderr,
    /** What Ctrl-C does, the first and the second time. */
    interrupt: () => (stop.signal.aborted ? abort : stop).abort({ why: 'Ctrl-C', exitCode: 130 }),
  };
};
