import { createHash } from 'node:crypto';

/** Hands on what comes, and knows its SHA-256 in the end. */
export class Hashed implements AsyncIterable<Buffer> {
  readonly #source: AsyncIterable<Buffer>;
  readonly #hash = createHash('sha256');

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#source) {
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  /** Once, after the last piece. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
