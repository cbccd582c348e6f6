import type { ServerHttp2Stream } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiListener } from '../api/api-listener.ts';
import type { CutKind } from './fault.ts';

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress ?? ''}:${remotePort ?? 0}`;

/** The HTTP/2 stream of a request; undefined for HTTP/1.1. */
export const http2Stream = (request: IncomingMessage): ServerHttp2Stream | undefined =>
  'stream' in request ? (request.stream as ServerHttp2Stream) : undefined;

/** Knows the TCP connection below each TLS connection: only that one can be reset. */
export class Connections {
  readonly #server: ApiListener;
  readonly #sockets = new Map<string, Socket>();

  constructor(server: ApiListener) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      const key = keyOf(socket);
      this.#sockets.set(key, socket);
      socket.once('close', () => this.#sockets.delete(key));
    });
  }

  /** Ends the connection of a request the hard way; with HTTP/2, the other requests on it end with it. */
  cut(stream: Socket, how: CutKind): void {
    if (how === 'stall') {
      stream.pause(); // what comes is not read, what is written is swallowed by the caller
      return;
    }
    const tcp = this.#sockets.get(keyOf(stream));
    if (how === 'rst' && tcp !== undefined) tcp.resetAndDestroy();
    stream.destroy();
  }

  /** Resets every connection. */
  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
  }

  /** Closes every connection that was not upgraded. */
  closeAll(): void {
    if ('closeAllConnections' in this.#server) this.#server.closeAllConnections();
    else for (const socket of this.#sockets.values()) socket.destroy();
  }
}
