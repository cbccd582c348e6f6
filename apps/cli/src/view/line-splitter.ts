import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is shown in pieces, so that output without line ends needs no memory. */
const maxLineLength = 64 * 1024;

/** Makes lines of the pieces of one stream. Characters and lines cut between pieces are put together. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** Lines that are complete with this piece, without their line ends. */
  push(piece: Uint8Array): string[] {
    return this.#take(this.#decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
  }

  /** The last line, when the stream ended without a line end. */
  end(): string[] {
    const lines = this.#take(this.#decoder.end());
    if (this.#rest !== '') lines.push(this.#rest);
    this.#rest = '';
    return lines;
  }

  #take(text: string): string[] {
    const lines = text.split('\n');
    lines[0] = this.#rest + (lines[0] ?? '');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > maxLineLength) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines;
  }
}
