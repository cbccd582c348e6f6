import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { CutKind } from './fault.ts';

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress ?? ''}:${remotePort ?? 0}`;

/** Knows the TCP connection below each TLS connection: only that one can be reset. */
export class Connections {
  readonly #sockets = new Map<string, Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const key = keyOf(socket);
      this.#sockets.set(key, socket);
      socket.once('close', () => this.#sockets.delete(key));
    });
  }

  /** Ends the connection of a request the hard way. */
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
}
