import { KubeError } from '../errors/kube-error.ts';

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines without decoding it, so that a character split over chunks stays whole. */
export class LineSplitter {
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** @param maxBytes the longest line allowed; a longer one is an error and not a growing buffer */
  constructor(maxBytes = 16 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk, without empty ones. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = this.#take(chunk.subarray(from, at));
      if (line.length > 0) lines.push(line);
      from = at + 1;
    }
    const tail = chunk.subarray(from);
    this.#restBytes += tail.length;
    if (this.#restBytes > this.#maxBytes) {
      throw new KubeError('BadResponse', { detail: `a line is longer than ${this.#maxBytes} bytes` });
    }
    if (tail.length > 0) this.#rest.push(tail);
    return lines;
  }

  #take(end: Buffer): Buffer {
    if (this.#rest.length === 0) return end;
    const line = Buffer.concat([...this.#rest, end]);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }
}
