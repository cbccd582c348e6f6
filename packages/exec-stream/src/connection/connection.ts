import { channel, idleFrame, resizeFrame, stdinEndFrame, stdinFrame } from '../protocol/frames.ts';
import { parseStatus, type ServerStatus } from '../protocol/status.ts';
import type { ExecClient, ExecProtocol } from '../types.ts';
import type { ExecRequest } from '../protocol/exec-request.ts';
import { closeCode, readCloseCode } from '../websocket/close-code.ts';
import { FrameReader, type FrameSink } from '../websocket/frame-reader.ts';
import { clientFrame } from '../websocket/frame-writer.ts';
import { opcode } from '../websocket/opcode.ts';
import { dial, type Dialled, type DialOptions } from './dial.ts';
import { defaultLivenessTimes, Liveness, type LivenessTimes } from './liveness.ts';
import type { ByteSocket } from './open-socket.ts';
import { keep } from './receive-memory.ts';

/** How a connection ended: with the server's word, or without. */
export type ConnectionEnd =
  { readonly kind: 'status'; readonly status: ServerStatus } | { readonly kind: 'lost'; readonly detail: string };

/** Who listens to a connection. */
export interface ConnectionHandler {
  /** Output, in order. Call {@link ExecConnection.pause} to stop it; what was deciphered already still comes. */
  output(stream: 'stdout' | 'stderr', payload: Buffer): void;
  /** True: payloads are only looked at until `output` returns. False: they may be kept. @default false */
  readonly borrows?: boolean;
  /** Asked after each piece of output. True: all that matters has come, so the connection ends without waiting for a status. @default false */
  isComplete?(): boolean;
  /** Called once, after all output. */
  end(end: ConnectionEnd): void;
}

/** How to open a connection. */
export interface ConnectionOptions extends DialOptions {
  readonly liveness?: LivenessTimes;
}

/** After a status the server closes by itself. One that does not is closed after this time. */
const LINGER_MS = 250;

/** One exec connection: frames in and out, liveness, and exactly one end. It decides nothing about what the end means. */
export class ExecConnection {
  readonly protocol: ExecProtocol;
  readonly #socket: ByteSocket;
  readonly #handler: ConnectionHandler;
  readonly #timer: NodeJS.Timeout;
  #linger: NodeJS.Timeout | undefined;
  #status: ServerStatus | undefined;
  #lost = '';
  #closeCode: number = closeCode.abnormal;
  #paused = false;
  #bytesReadAtStdin = -1;
  #ended = false;

  private constructor({ socket, protocol }: Dialled, handler: ConnectionHandler, times: LivenessTimes) {
    this.#socket = socket;
    this.protocol = protocol;
    this.#handler = handler;
    const liveness = new Liveness(times, Date.now());
    this.#timer = setInterval(() => this.#watch(liveness), times.pingEveryMs);
    const reader = new FrameReader(this.#sink());
    socket.receive = (bytes) => this.#receive(reader, bytes);
    socket.stream.on('error', (error) => (this.#lost ||= error.message));
    socket.stream.on('close', () => this.#onClose());
  }

  /** Dials and starts to deliver. Rejects only when nothing was started. */
  static async open(
    client: ExecClient,
    request: ExecRequest,
    options: ConnectionOptions & { readonly handler: ConnectionHandler },
  ): Promise<ExecConnection> {
    const dialled = await dial(client, request, options);
    const connection = new ExecConnection(dialled, options.handler, options.liveness ?? defaultLivenessTimes);
    // Not before the caller has the connection in hand.
    process.nextTick(() => connection.#begin(dialled.rest));
    return connection;
  }

  /** Stops the flow of output, down to the process's pipe. */
  pause(): void {
    if (this.#ended || this.#paused) return;
    this.#paused = true;
    this.#socket.stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.stream.resume();
  }

  /** Bytes of stdin that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.stream.writableLength;
  }

  /** Sends one stdin frame. The callback comes when the kernel has taken it, or with an error. */
  sendStdin(payload: Uint8Array, taken: (error?: Error | null) => void): void {
    this.#bytesReadAtStdin = this.#socket.stream.bytesRead;
    this.#socket.stream.write(stdinFrame(payload), taken);
  }

  /** Ends stdin. Returns false when the protocol has no way to say so. */
  endStdin(): boolean {
    if (this.protocol !== 'v5.channel.k8s.io') return false;
    this.#send(stdinEndFrame());
    return true;
  }

  resize(size: { readonly columns: number; readonly rows: number }): void {
    this.#send(resizeFrame(size));
  }

  /** Gives the connection up. `end` is called soon: with the status if one came, as lost otherwise. */
  close(detail = 'closed by the caller'): void {
    if (this.#ended) return;
    this.#lost ||= detail;
    this.resume();
    this.#hangUp(closeCode.normal);
  }

  #begin(rest: readonly Buffer[]): void {
    for (const bytes of rest) this.#socket.receive(bytes);
    if (!this.#paused) this.#socket.stream.resume();
  }

  #receive(reader: FrameReader, bytes: Buffer): void {
    const violation = reader.push(bytes);
    if (!violation) return;
    this.#lost ||= violation.detail;
    this.#hangUp(violation.closeCode);
    this.#socket.stream.destroySoon();
  }

  #sink(): FrameSink {
    const { borrows = false } = this.#handler;
    return {
      output: (number, piece) => {
        if (this.#ended) return;
        this.#handler.output(number === channel.stdout ? 'stdout' : 'stderr', borrows ? piece : keep(piece));
        if (this.#handler.isComplete?.() === true) this.#complete();
      },
      // The server opens with an empty frame on its lowest channel; like any channel we do not know, it means nothing.
      message: (number, payload) => number === channel.status && payload.length > 0 && this.#onStatus(payload),
      control: (code, payload) => this.#onControl(code, payload),
    };
  }

  #onStatus(payload: Buffer): void {
    if (this.#ended) return;
    this.#status ??= parseStatus(payload);
    // Give a server that says the status too early the time to send the rest.
    this.#linger ??= setTimeout(() => this.#hangUp(closeCode.normal), LINGER_MS);
  }

  #complete(): void {
    this.#end();
    this.resume();
    this.#hangUp(closeCode.normal);
  }

  #onControl(code: number, payload: Buffer): void {
    if (code === opcode.ping) this.#send(clientFrame(opcode.pong, payload));
    if (code !== opcode.close) return;
    this.#closeCode = readCloseCode(payload) ?? closeCode.abnormal;
    this.#hangUp(closeCode.normal);
    this.#socket.stream.end();
  }

  /** Says that we close, and makes sure that the connection then ends. */
  #hangUp(code: number): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#socket.stream.destroy(), LINGER_MS);
    this.#send(clientFrame(opcode.close, Uint8Array.of(code >> 8, code & 0xff)));
  }

  #send(frame: Buffer): void {
    if (this.#socket.stream.writable) this.#socket.stream.write(frame);
  }

  #watch(liveness: Liveness): void {
    const { stream } = this.#socket;
    const dead = liveness.tick(
      {
        bytesRead: stream.bytesRead,
        bytesWritten: stream.bytesWritten,
        bufferedBytes: stream.writableLength,
        paused: this.#paused,
        stdinInFlight: stream.bytesRead === this.#bytesReadAtStdin,
        ping: () => this.#send(clientFrame(opcode.ping)),
        touch: () => this.#send(idleFrame()),
      },
      Date.now(),
    );
    if (dead === undefined) return;
    this.#lost ||= dead;
    stream.destroy();
  }

  #onClose(): void {
    clearTimeout(this.#linger);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#handler.end(
      this.#status === undefined
        ? { kind: 'lost', detail: this.#lost || `closed with code ${this.#closeCode} and no status` }
        : { kind: 'status', status: this.#status },
    );
  }
}
