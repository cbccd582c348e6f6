import { randomFillSync } from 'node:crypto';

/** Masks must not be guessed (RFC 6455, section 10.3); asking for four random bytes at a time would cost more than the masking. */
const masks = new Uint8Array(8192);
let nextMask = masks.length;

/** The payload begins here: behind the longest header there is, and where 32 bits can be read at once. */
const PAYLOAD_AT = 16;

/**
 * A client's frame: one whole message, masked. `parts` are its payload, one after the other. Never fragmented, because the server reads
 * one frame as one message.
 */
export function clientFrame(code: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const words = Math.ceil(length / 4);
  // Not from the pool: that would keep 8 KiB alive for each keystroke that waits.
  const bytes = new Uint8Array(PAYLOAD_AT + words * 4);
  let at = PAYLOAD_AT;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const mask = takeMask();
  // Four bytes at a time, in whatever order this machine has them.
  const [word = 0] = new Uint32Array(mask.buffer, mask.byteOffset, 1);
  const view = new Uint32Array(bytes.buffer, PAYLOAD_AT, words);
  for (let index = 0; index < words; index++) view[index] = (view[index] ?? 0) ^ word;
  const start = PAYLOAD_AT - writeHeader(bytes, { code, length, mask });
  return Buffer.from(bytes.buffer, start, PAYLOAD_AT - start + length);
}

/** Writes the header so that it ends where the payload begins. Answers its size. */
function writeHeader(bytes: Uint8Array, frame: { code: number; length: number; mask: Uint8Array }): number {
  const extra = frame.length < 126 ? 0 : frame.length < 65536 ? 2 : 8;
  const size = 2 + extra + 4;
  const header = Buffer.from(bytes.buffer, PAYLOAD_AT - size, size);
  header.writeUInt8(0x80 | frame.code, 0);
  header.writeUInt8(0x80 | (extra === 0 ? frame.length : extra === 2 ? 126 : 127), 1);
  if (extra === 2) header.writeUInt16BE(frame.length, 2);
  if (extra === 8) header.writeBigUInt64BE(BigInt(frame.length), 2);
  header.set(frame.mask, 2 + extra);
  return size;
}

function takeMask(): Uint8Array {
  if (nextMask === masks.length) {
    randomFillSync(masks);
    nextMask = 0;
  }
  return masks.subarray(nextMask, (nextMask += 4));
}
