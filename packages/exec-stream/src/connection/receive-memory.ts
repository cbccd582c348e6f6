import type { OnReadOpts } from 'node:net';

/** One TLS record is at most 16 KiB; a plain TCP read takes what there is. */
const RECEIVE_BYTES = 64 * 1024;
/** Where kept pieces are put together, so that a piece does not need memory of its own. */
const BLOCK_BYTES = 256 * 1024;
/** A short piece is kept in Node's own pool: it must not keep a whole block alive. */
const SHORT_BYTES = 4 * 1024;

/**
 * All connections read into this memory, one after the other: on POSIX systems a socket's bytes are put there and handed on before any
 * other socket is read. So an idle connection costs no buffer, and bytes that nobody keeps cost no garbage.
 */
const shared = Buffer.allocUnsafeSlow(RECEIVE_BYTES);

/** The `onread` option of a socket. The bytes are good, and may be changed, until `receive` returns. */
export const readIntoShared = (receive: (bytes: Buffer) => void): OnReadOpts => ({
  buffer: shared,
  callback(length) {
    receive(shared.subarray(0, length));
    return true;
  },
});

let block = Buffer.alloc(0);
let used = 0;

/** A copy that may be kept. */
export function keep(piece: Buffer): Buffer {
  if (piece.length < SHORT_BYTES) return Buffer.from(piece);
  if (used + piece.length > block.length) {
    block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, piece.length));
    used = 0;
  }
  const copy = block.subarray(used, used + piece.length);
  used += piece.copy(copy);
  return copy;
}
