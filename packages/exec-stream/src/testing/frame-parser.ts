/** Opcodes of RFC 6455. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame as it was on the wire. */
export interface WireFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Reads frames, masked as those of a client or not, however they are cut. */
export class FrameParser {
  #held: Buffer = Buffer.alloc(0);

  /** The frames that are complete with these bytes. */
  push(bytes: Buffer): WireFrame[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const frames: WireFrame[] = [];
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Bytes of a frame that is not complete. */
  get waitingBytes(): number {
    return this.#held.length;
  }

  #next(): WireFrame | undefined {
    const data = this.#held;
    if (data.length < 2) return undefined;
    const first = data.readUInt8(0);
    const short = data.readUInt8(1) & 0x7f;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const masked = (data.readUInt8(1) & 0x80) !== 0;
    const start = 2 + extra + (masked ? 4 : 0);
    if (data.length < start) return undefined;
    const length = extra === 2 ? data.readUInt16BE(2) : extra === 8 ? Number(data.readBigUInt64BE(2)) : short;
    if (data.length < start + length) return undefined;
    const mask = data.subarray(2 + extra, start);
    const payload = Buffer.from(data.subarray(start, start + length));
    for (let at = 0; masked && at < length; at++) payload[at] = payload.readUInt8(at) ^ mask.readUInt8(at % 4);
    this.#held = data.subarray(start + length);
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }
}

/** A frame as a server sends it: whole and unmasked. */
export function serverFrame(code: number, payload: Uint8Array): Buffer {
  const length = payload.length;
  const extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extra + length);
  frame.writeUInt8(0x80 | code, 0);
  frame.writeUInt8(extra === 0 ? length : extra === 2 ? 126 : 127, 1);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, 2 + extra);
  return frame;
}
