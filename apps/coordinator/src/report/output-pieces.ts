import { isUtf8 } from 'node:buffer';

/** Output in the form in which events carry it. */
export type OutputPiece = {
  readonly encoding: 'utf8' | 'base64';
  readonly data: string;
  /** How many bytes of the stream it holds. */
  readonly bytes: number;
};

/**
 * Cuts one stream of bytes into pieces of at most `maxBytes`.
 *
 * Pieces are text where the bytes are UTF-8 and base64 where they are not; joined, they are the stream again, byte for
 * byte. A character that is still incomplete at the end of a chunk waits for the next chunk or for {@link flush}.
 */
export class OutputCutter {
  readonly #maxBytes: number;
  #held: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Pieces that are complete now that `data` came. */
  push(data: Buffer): OutputPiece[] {
    let rest = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    const pieces: OutputPiece[] = [];
    while (rest.length > this.#maxBytes) {
      const cut = this.#maxBytes - incompleteTail(rest.subarray(0, this.#maxBytes));
      pieces.push(pieceOf(rest.subarray(0, cut)));
      rest = rest.subarray(cut);
    }
    const tail = incompleteTail(rest);
    // A copy, so that three bytes do not keep the whole chunk alive.
    this.#held = Buffer.from(rest.subarray(rest.length - tail));
    if (rest.length > tail) pieces.push(pieceOf(rest.subarray(0, rest.length - tail)));
    return pieces;
  }

  /** What was held back, when no more bytes come. */
  flush(): OutputPiece[] {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest.length === 0 ? [] : [pieceOf(rest)];
  }
}

/** One piece of exactly these bytes. */
export const pieceOf = (bytes: Buffer): OutputPiece =>
  isUtf8(bytes)
    ? { encoding: 'utf8', data: bytes.toString('utf8'), bytes: bytes.length }
    : { encoding: 'base64', data: bytes.toString('base64'), bytes: bytes.length };

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
