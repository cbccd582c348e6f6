import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { channel } from '../protocol/frames.ts';
import type { ExecProtocol } from '../types.ts';
import { type WireFrame, FrameParser, opcode, serverFrame } from './frame-parser.ts';

/** What a client asked for. */
export interface PeerRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly argv: readonly string[];
  readonly headers: NodeJS.Dict<string | string[]>;
}

interface PeerEvents {
  /** A piece of stdin. */
  stdin: [Buffer];
  /** The client has ended stdin (v5). */
  stdinEnd: [];
  resize: [string];
  /** The client broke a rule that the real server enforces by ending the connection. */
  violation: [string];
  close: [];
}

/**
 * The server's end of one exec connection, with the manners of the real one: golang.org/x/net/websocket behind
 * k8s.io/apimachinery wsstream. One frame is one message, fragments end the connection, and pings are answered by the loop that
 * also takes stdin, so a blocked stdin blocks pongs.
 */
export class PeerSession extends EventEmitter<PeerEvents> {
  readonly request: PeerRequest;
  readonly protocol: ExecProtocol;
  /** Write whatever you like to it, or destroy it. */
  readonly socket: Socket;
  /** Stops answering pings and taking stdin, as a server does whose command does not read. */
  readonly #parser = new FrameParser();
  #blocked = false;
  #cut: { left: number; readonly how: 'reset' | 'end' | number } | undefined;
  #isCutOff = false;
  #waiting: Buffer[] = [];

  constructor(socket: Socket, protocol: ExecProtocol, request: PeerRequest) {
    super();
    this.socket = socket;
    this.protocol = protocol;
    this.request = request;
    socket.on('data', (bytes) => (this.#blocked ? this.#waiting.push(bytes) : this.#receive(bytes)));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => this.emit('close'));
  }

  /** The server opens with an empty frame on its lowest writable channel. */
  hello(): void {
    this.send(channel.stdout, '');
  }

  /** Sends one frame; false when the socket's buffer is full. */
  send(number: number, payload: string | Uint8Array): boolean {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return this.write(serverFrame(opcode.binary, Buffer.concat([Buffer.from([number]), bytes])));
  }

  /** Sends standard output. Returns whether the socket can take more. */
  stdout(payload: string | Uint8Array): boolean {
    return this.send(channel.stdout, payload);
  }

  /** Sends standard error. Returns whether the socket can take more. */
  stderr(payload: string | Uint8Array): boolean {
    return this.send(channel.stderr, payload);
  }

  /** The status the real server sends for an exit code, or for a failure with a message. */
  status(end: number | { readonly message: string; readonly reason?: string; readonly code?: number }): void {
    this.send(channel.status, JSON.stringify(statusBody(end)));
  }

  /** Sends a close frame and ends the TCP connection. Without a code: no close frame (a client sees 1006). */
  close(code?: number): void {
    if (code !== undefined) {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      this.write(serverFrame(opcode.close, payload));
    }
    this.socket.end();
  }

  /** Status and close, as at the end of a real session. */
  exit(end: number | { readonly message: string; readonly reason?: string }): void {
    this.status(end);
    this.close(1000);
  }

  /** A TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Raw bytes: for what no server should send. */
  write(bytes: Uint8Array): boolean {
    if (this.#isCutOff || !this.socket.writable) return false;
    const cut = this.#cut;
    if (cut === undefined || bytes.length < cut.left) {
      if (cut) cut.left -= bytes.length;
      return this.socket.write(bytes);
    }
    this.#cut = undefined;
    const sent = bytes.subarray(0, cut.left);
    this.socket.write(typeof cut.how === 'number' ? asWholeFrame(sent) : sent);
    if (cut.how === 'reset') setTimeout(() => this.reset(), RESET_DELAY_MS);
    else this.close(cut.how === 'end' ? undefined : cut.how);
    this.#isCutOff = true;
    return false;
  }

  /**
   * Ends the connection after this many more bytes of the server: by a reset or by the end of TCP (a client sees 1006), in the middle
   * of a frame if that is where they end; or with a close frame of this code, before which the last frame is a shorter one, because
   * a close frame inside another frame would be that frame's bytes. What is sent after that is lost.
   */
  cutAfter(bytes: number, how: 'reset' | 'end' | number): void {
    this.#cut = { left: bytes, how };
  }

  /** What is sent meanwhile leaves in one piece, as after a stall on the way. */
  burst(send: () => void): void {
    this.socket.cork();
    send();
    this.socket.uncork();
  }

  /** While true, nothing of the client is looked at: no stdin, and no pong. */
  set blocked(value: boolean) {
    this.#blocked = value;
    if (value) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) this.#receive(bytes);
  }

  #receive(bytes: Buffer): void {
    for (const frame of this.#parser.push(bytes)) this.#take(frame);
  }

  #take(frame: WireFrame): void {
    if (!frame.fin || frame.opcode === opcode.continuation) this.#refuse('a message came in fragments');
    else if (frame.opcode === opcode.ping) this.write(serverFrame(opcode.pong, frame.payload));
    else if (frame.opcode === opcode.close) this.#answerClose(frame.payload);
    else if (frame.opcode === opcode.binary) this.#message(frame.payload);
    else if (frame.opcode === opcode.text) this.#refuse('a text message came');
  }

  #message(payload: Buffer): void {
    const body = payload.subarray(1);
    const endsStdin =
      payload[0] === channel.close && this.protocol === 'v5.channel.k8s.io' && body[0] === channel.stdin;
    if (payload.length > MAX_FRAME_BYTES) this.#refuse('a frame was larger than 32 MiB');
    else if (payload[0] === channel.stdin) this.emit('stdin', body);
    else if (payload[0] === channel.resize) this.emit('resize', body.toString());
    else if (endsStdin) this.emit('stdinEnd');
    else this.#refuse(`channel ${payload[0]} is unknown`);
  }

  #answerClose(payload: Buffer): void {
    this.write(serverFrame(opcode.close, payload));
    this.socket.end();
  }

  #refuse(violation: string): void {
    this.emit('violation', violation);
    this.socket.destroy();
  }
}

/** The frame whose beginning this is, made to end where the bytes end; nothing when its payload has not begun. */
function asWholeFrame(bytes: Uint8Array): Buffer {
  const length = (bytes[1] ?? 0) & 0x7f;
  const payload = bytes.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
  return payload.length === 0 ? Buffer.alloc(0) : serverFrame((bytes[0] ?? 0) & 0x0f, Buffer.from(payload));
}

/** So that what was sent before arrives: a reset overtakes it. */
const RESET_DELAY_MS = 5;
/** The real server ends a connection on a larger frame. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;

function statusBody(
  end: number | { readonly message: string; readonly reason?: string; readonly code?: number },
): object {
  if (end === 0) return { metadata: {}, status: 'Success' };
  if (typeof end !== 'number') {
    const { message, reason = 'InternalError', code = 500 } = end;
    return { metadata: {}, status: 'Failure', message, reason, code };
  }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${end}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(end) }] },
  };
}
