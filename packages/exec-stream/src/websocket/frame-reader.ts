import { channel as channels } from '../protocol/frames.ts';
import { closeCode, readCloseCode } from './close-code.ts';
import { MAX_CONTROL_BYTES, opcode } from './opcode.ts';

/** Takes what a {@link FrameReader} reads, in the order in which it came. */
export interface FrameSink {
  /** A piece of stdout or stderr: a view of the bytes that were pushed, good until the next push unless their owner says more. */
  output(channel: number, piece: Buffer): void;
  /** A whole message of any other channel, without its channel byte. */
  message(channel: number, payload: Buffer): void;
  /** A ping, pong or close frame. */
  control(code: number, payload: Buffer): void;
}

/** How the peer broke RFC 6455, and the code to close with. */
export interface Violation {
  readonly closeCode: number;
  readonly detail: string;
}

/** Messages that are handed on whole (a status) are small. Output has no limit: it is never assembled. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 10;
/** Frames up to this length are moved together, so that many short ones are one piece; a longer one is a piece of its own. */
const GATHER_BYTES = 2048;

const WHOLE_BINARY = 0x80 | opcode.binary;
const HEADER_IS_NEXT = -1;
const CHANNEL_IS_NEXT = -1;
const NO_OUTPUT = 0;

/**
 * Takes the frames of a server apart while they arrive, however they are cut: nothing waits for the end of a message but what is not
 * output. Payloads are moved together in place, **inside the bytes that were pushed**, so the hot path copies only short frames and
 * allocates one view for each run of output.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerBytes = 0;
  /** Payload bytes of the current frame that have not come yet. */
  #left = HEADER_IS_NEXT;
  #code: number = opcode.continuation;
  #final = true;
  /** True between the first and the last frame of a message in fragments. */
  #fragmented = false;
  #channel = CHANNEL_IS_NEXT;
  #message: Buffer[] = [];
  #messageBytes = 0;
  #control: Buffer[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #runStart = 0;
  #runEnd = 0;
  #runChannel = NO_OUTPUT;
  #violation: Violation | undefined;
  #closed = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Reads on. Answers how the peer broke the protocol, if it did; after that, and after a close frame, nothing more is read. */
  push(chunk: Buffer): Violation | undefined {
    this.#chunk = chunk;
    let at = 0;
    while (at < chunk.length && !this.#closed) {
      if (this.#left === HEADER_IS_NEXT) at = this.#readHeader(chunk, at);
      else at = this.#readPayload(chunk, at);
      if (this.#left === 0) this.#endFrame();
    }
    this.#flush();
    return this.#violation;
  }

  #readHeader(chunk: Buffer, at: number): number {
    if (this.#headerBytes === 0) {
      const size = headerSize(chunk, at, chunk.length);
      if (size > 0) {
        this.#beginFrame(chunk, at);
        return at + size;
      }
    }
    // A header that is cut: byte by byte until it is whole.
    let next = at;
    while (next < chunk.length) {
      this.#header[this.#headerBytes++] = chunk[next++] ?? 0;
      if (this.#headerBytes === 2 && this.#refuses(this.#header[0] ?? 0, this.#header[1] ?? 0)) break;
      if (headerSize(this.#header, 0, this.#headerBytes) === 0) continue;
      this.#headerBytes = 0;
      this.#beginFrame(this.#header, 0);
      break;
    }
    return next;
  }

  #beginFrame(bytes: Uint8Array, at: number): void {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const length = payloadLength(bytes, at);
    this.#final = (first & 0x80) !== 0;
    this.#code = first & 0x0f;
    this.#left = length;
    // The one kind of frame that there is while all is well.
    if (first === WHOLE_BINARY && second < 0x80 && length >= 0 && !this.#fragmented) return;
    if (!this.#refuses(first, second) && length < 0) {
      this.#break(closeCode.tooBig, 'a frame is longer than a number can say');
    }
  }

  /** Breaks off at a header that RFC 6455 forbids: known from its first two bytes. */
  #refuses(first: number, second: number): boolean {
    const detail = this.#wrong(first, second);
    if (detail !== undefined) this.#break(closeCode.protocolError, detail);
    return detail !== undefined;
  }

  /** What RFC 6455 forbids about this frame header. */
  #wrong(first: number, second: number): string | undefined {
    const code = first & 0x0f;
    if ((first & 0x70) !== 0) return 'a reserved bit is set';
    if ((second & 0x80) !== 0) return 'a frame of the server is masked';
    if (code >= opcode.close) {
      if (code > opcode.pong) return `opcode ${code} is unknown`;
      if ((first & 0x80) === 0) return 'a control frame is in fragments';
      return (second & 0x7f) > MAX_CONTROL_BYTES ? 'a control frame is too long' : undefined;
    }
    if (code > opcode.binary) return `opcode ${code} is unknown`;
    if (code === opcode.continuation) return this.#fragmented ? undefined : 'a fragment has no beginning';
    return this.#fragmented ? 'a message begins inside another' : undefined;
  }

  #readPayload(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#code >= opcode.close) {
      const length = Math.min(this.#left, chunk.length - at);
      this.#control.push(Buffer.from(chunk.subarray(at, at + length)));
      this.#left -= length;
      return at + length;
    }
    if (this.#channel === CHANNEL_IS_NEXT) {
      this.#channel = chunk[at++] ?? 0;
      this.#left--;
    }
    const length = Math.min(this.#left, chunk.length - at);
    if (length > 0) {
      this.#left -= length;
      if (this.#channel === channels.stdout || this.#channel === channels.stderr) this.#gather(at, length);
      else this.#collect(chunk.subarray(at, at + length));
    }
    return at + length;
  }

  /** Adds a payload to the run of output, or begins a new one. */
  #gather(at: number, length: number): void {
    if (this.#channel === this.#runChannel && length <= GATHER_BYTES) {
      this.#chunk.copyWithin(this.#runEnd, at, at + length);
      this.#runEnd += length;
      return;
    }
    this.#flush();
    this.#runChannel = this.#channel;
    this.#runStart = at;
    this.#runEnd = at + length;
  }

  #flush(): void {
    if (this.#runChannel === NO_OUTPUT) return;
    const channel = this.#runChannel;
    this.#runChannel = NO_OUTPUT;
    this.#sink.output(channel, this.#chunk.subarray(this.#runStart, this.#runEnd));
  }

  #collect(piece: Buffer): void {
    this.#messageBytes += piece.length;
    if (this.#messageBytes > MAX_MESSAGE_BYTES)
      this.#break(closeCode.tooBig, 'a message that is no output is too long');
    else this.#message.push(Buffer.from(piece));
  }

  #endFrame(): void {
    this.#left = HEADER_IS_NEXT;
    if (this.#code >= opcode.close) this.#endControl();
    else {
      this.#fragmented = !this.#final;
      if (this.#final) this.#endMessage();
    }
  }

  #endControl(): void {
    const payload = Buffer.concat(this.#control);
    this.#control = [];
    if (this.#code === opcode.close) {
      if (readCloseCode(payload) === undefined) {
        this.#break(closeCode.protocolError, 'a close frame has no valid code');
        return;
      }
      this.#closed = true;
    }
    this.#flush();
    this.#sink.control(this.#code, payload);
  }

  #endMessage(): void {
    const channel = this.#channel;
    this.#channel = CHANNEL_IS_NEXT;
    if (channel === channels.stdout || channel === channels.stderr || channel === CHANNEL_IS_NEXT) return;
    const payload = Buffer.concat(this.#message);
    this.#message = [];
    this.#messageBytes = 0;
    this.#flush();
    this.#sink.message(channel, payload);
  }

  #break(code: number, detail: string): void {
    this.#violation = { closeCode: code, detail };
    this.#closed = true;
    this.#left = HEADER_IS_NEXT;
  }
}

/** Length of the frame header that begins here; 0 when it is not whole yet. */
function headerSize(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2) return 0;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const size = short < 126 ? 2 : short === 126 ? 4 : MAX_HEADER_BYTES;
  return end - at < size ? 0 : size;
}

/** Length of the payload; -1 for one beyond what a number holds exactly. */
function payloadLength(bytes: Uint8Array, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return short;
  const size = short === 126 ? 2 : 8;
  let length = 0;
  for (let index = 0; index < size; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return length > Number.MAX_SAFE_INTEGER ? -1 : length;
}
