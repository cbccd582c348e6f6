import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { channel, resizeFrame, stdinEndFrame, stdinFrame } from '../protocol/frames.ts';
import { parseStatus, type ServerStatus } from '../protocol/status.ts';
import type { ExecClient, ExecProtocol } from '../types.ts';
import type { ExecRequest } from '../protocol/exec-request.ts';
import { dial, type DialOptions } from './dial.ts';
import { defaultLivenessTimes, Liveness, type LivenessTimes } from './liveness.ts';

/** How a connection ended: with the server's word, or without. */
export type ConnectionEnd =
  { readonly kind: 'status'; readonly status: ServerStatus } | { readonly kind: 'lost'; readonly detail: string };

/** Who listens to a connection. */
export interface ConnectionHandler {
  /** Output, in order. Call {@link ExecConnection.pause} to stop it. */
  output(stream: 'stdout' | 'stderr', payload: Buffer): void;
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
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #handler: ConnectionHandler;
  readonly #timer: NodeJS.Timeout;
  #linger: NodeJS.Timeout | undefined;
  #status: ServerStatus | undefined;
  #lost = '';
  #bytesReadAtStdin = -1;
  #ended = false;

  private constructor(dialled: Dialled, handler: ConnectionHandler, times: LivenessTimes) {
    this.#socket = dialled.socket;
    this.#stream = dialled.stream;
    this.protocol = dialled.socket.protocol as ExecProtocol;
    this.#handler = handler;
    const liveness = new Liveness(times, Date.now());
    this.#timer = setInterval(() => this.#watch(liveness), times.pingEveryMs);
    this.#socket.on('message', (data) => this.#onMessage(data as Buffer));
    this.#socket.on('error', (error) => (this.#lost = error.message));
    this.#socket.on('close', (code) => this.#onClose(code));
  }

  /** Dials and starts to deliver. Rejects only when nothing was started. */
  static async open(
    client: ExecClient,
    request: ExecRequest,
    options: ConnectionOptions & { readonly handler: ConnectionHandler },
  ): Promise<ExecConnection> {
    const dialled = await dial(client, request, options);
    const connection = new ExecConnection(dialled, options.handler, options.liveness ?? defaultLivenessTimes);
    dialled.socket.resume();
    return connection;
  }

  /** Stops the flow of output, down to the process's pipe. */
  pause(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Bytes of stdin that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends one stdin frame. The callback comes when the kernel has taken it, or with an error. */
  sendStdin(payload: Uint8Array, taken: (error?: Error | null) => void): void {
    this.#bytesReadAtStdin = this.#stream.bytesRead;
    this.#socket.send(stdinFrame(payload), taken);
  }

  /** Ends stdin. Returns false when the protocol has no way to say so. */
  endStdin(): boolean {
    if (this.protocol !== 'v5.channel.k8s.io') return false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(stdinEndFrame());
    return true;
  }

  resize(size: { readonly columns: number; readonly rows: number }): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(resizeFrame(size));
  }

  /** Gives the connection up. `end` is called soon: with the status if one came, as lost otherwise. */
  close(detail = 'closed by the caller'): void {
    if (this.#ended) return;
    this.#lost ||= detail;
    this.#socket.resume();
    this.#socket.close(1000);
    this.#linger ??= setTimeout(() => this.#socket.terminate(), LINGER_MS);
  }

  #onMessage(data: Buffer): void {
    // The server opens with an empty frame on its lowest channel; it means nothing.
    if (data.length < 2) return;
    switch (data[0]) {
      case channel.stdout:
        this.#handler.output('stdout', data.subarray(1));
        return;
      case channel.stderr:
        this.#handler.output('stderr', data.subarray(1));
        return;
      case channel.status:
        this.#status ??= parseStatus(data.subarray(1));
        // Give a server that says the status too early the time to send the rest.
        this.#linger ??= setTimeout(() => this.#hangUp(), LINGER_MS);
    }
  }

  #hangUp(): void {
    this.#socket.close(1000);
    this.#linger = setTimeout(() => this.#socket.terminate(), LINGER_MS);
  }

  #watch(liveness: Liveness): void {
    const dead = liveness.tick(
      {
        bytesRead: this.#stream.bytesRead,
        bytesWritten: this.#stream.bytesWritten,
        bufferedBytes: this.#socket.bufferedAmount,
        paused: this.#socket.isPaused,
        stdinInFlight: this.#stream.bytesRead === this.#bytesReadAtStdin,
        ping: () => this.#socket.ping(),
      },
      Date.now(),
    );
    if (dead === undefined) return;
    this.#lost ||= dead;
    this.#socket.terminate();
  }

  #onClose(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#linger);
    this.#handler.end(
      this.#status === undefined
        ? { kind: 'lost', detail: this.#lost || `closed with code ${code} and no status` }
        : { kind: 'status', status: this.#status },
    );
  }
}

type Dialled = Awaited<ReturnType<typeof dial>>;
