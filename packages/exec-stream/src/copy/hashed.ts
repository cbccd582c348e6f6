import { createHash } from 'node:crypto';
import type { Measured } from './report.ts';

/** Hands on what comes, and knows its length and SHA-256 in the end. */
export class Hashed implements AsyncIterable<Buffer> {
  readonly #source: AsyncIterable<Buffer>;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#source) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      yield chunk;
    }
  }

  /** Once, after the last piece. */
  measured(): Measured {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
