import { isUtf8 } from 'node:buffer';
import type { SecretMasker } from '../secrets/secret-masker.ts';

/** Output in the form in which events carry it. */
export type OutputPiece = {
  readonly encoding: 'utf8' | 'base64';
  readonly data: string;
  /** How many bytes of the stream it holds. */
  readonly bytes: number;
};

/**
 * Cuts one stream of bytes into pieces of about `maxBytes` at most, with secrets hidden.
 *
 * Pieces are text where the bytes are UTF-8 and base64 where they are not; joined, they are the stream again, byte for
 * byte but for the secrets. A character that is still incomplete at the end of a chunk, and what may be a part of a
 * secret, waits for the next chunk or for {@link flush}.
 */
export class OutputCutter {
  readonly #maxBytes: number;
  readonly #masker: SecretMasker;
  #held: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number, masker: SecretMasker) {
    this.#maxBytes = maxBytes;
    this.#masker = masker;
  }

  /** Pieces that are complete now that `data` came. */
  push(data: Buffer): OutputPiece[] {
    return this.#cut(this.#held.length === 0 ? data : Buffer.concat([this.#held, data]), false);
  }

  /** What was held back, when no more bytes come. */
  flush(): OutputPiece[] {
    return this.#cut(this.#held, true);
  }

  #cut(bytes: Buffer, isEnd: boolean): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    let rest = bytes;
    for (;;) {
      const cut = this.#masker.cut(rest, { maxBytes: this.#maxBytes, isEnd });
      if (cut === undefined) break;
      // The beginning of a character is no part of a secret: what is hidden is whole.
      const tail = isEnd && cut.bytes === rest.length ? 0 : incompleteTail(cut.data);
      if (tail < cut.bytes) pieces.push(pieceOf(cut.data.subarray(0, cut.data.length - tail), cut.bytes - tail));
      rest = rest.subarray(cut.bytes - tail);
      if (tail === cut.bytes || (tail > 0 && rest.length === tail)) break;
    }
    // A copy, so that three bytes do not keep the whole chunk alive.
    this.#held = Buffer.from(rest);
    return pieces;
  }
}

/** One piece of exactly this data, which stands for so many bytes of the stream. */
export const pieceOf = (data: Buffer, bytes: number): OutputPiece =>
  isUtf8(data)
    ? { encoding: 'utf8', data: data.toString('utf8'), bytes }
    : { encoding: 'base64', data: data.toString('base64'), bytes };

/** How many bytes at the end begin a character whose other bytes are not there yet: 0 to 3. */
const incompleteTail = (bytes: Buffer): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (!isContinuation(byte)) return characterBytes(byte) > back ? back : 0;
  }
  return 0;
};

const isContinuation = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

/** Length that a first byte announces; 1 for what cannot begin a longer character. */
const characterBytes = (first: number): number => {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xc2 && first <= 0xdf ? 2 : 1;
};
