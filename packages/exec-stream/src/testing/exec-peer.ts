import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ExecClient, ExecProtocol } from '../types.ts';
import { PeerSession } from './peer-session.ts';

/** How the peer behaves. */
export interface ExecPeerOptions {
  /** Called for each connection, after the upgrade. */
  readonly session: (session: PeerSession) => void;
  /** Protocols it speaks, best first. @default v5 and v4 */
  readonly protocols?: readonly ExecProtocol[];
  /** Answers a handshake with an HTTP error instead. Undefined lets it pass. */
  readonly refuse?: (
    request: IncomingMessage,
  ) => { readonly status: number; readonly body: string | object } | undefined;
}

/** A server that speaks exec and nothing else. */
export interface ExecPeer extends AsyncDisposable {
  /** Hand it to an `ExecStream`. */
  readonly client: ExecClient;
  readonly port: number;
  /** Connections so far, in order. */
  readonly sessions: readonly PeerSession[];
  /** TCP connections that are open now. */
  readonly openSockets: number;
}

/** Starts an exec server on a free loopback port. */
export async function startExecPeer(options: ExecPeerOptions): Promise<ExecPeer> {
  const sessions: PeerSession[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => response.writeHead(400).end('expected an upgrade'));
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, duplex, head) => {
    // The connection of a server on TCP is a socket.
    const socket = duplex as unknown as Socket;
    const session = upgrade(options, { request, socket });
    if (!session) return;
    sessions.push(session);
    if (head.length > 0) socket.unshift(head);
    options.session(session);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    sessions,
    client: clientOf(port),
    get openSockets() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client without credentials for an exec server on loopback. */
export function clientOf(port: number): ExecClient {
  return {
    upgradeRequest({ path, query = {} }) {
      const url = new URL(path, `ws://127.0.0.1:${port}`);
      for (const [name, value] of Object.entries(query)) {
        for (const item of typeof value === 'object' ? value : [String(value)]) url.searchParams.append(name, item);
      }
      return Promise.resolve({ url, headers: {}, tls: {} });
    },
  };
}

/** RFC 6455, section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function upgrade(
  options: ExecPeerOptions,
  { request, socket }: { request: IncomingMessage; socket: Socket },
): PeerSession | undefined {
  const refusal = options.refuse?.(request) ?? noProtocol(options, request);
  if (refusal) {
    const json = typeof refusal.body === 'object';
    const body = typeof refusal.body === 'object' ? JSON.stringify(refusal.body) : refusal.body;
    // Like the real server, it keeps the connection open for another request, until the client closes it.
    socket.resume().on('end', () => socket.end());
    socket.write(
      `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: ${json ? 'application/json' : 'text/plain'}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return undefined;
  }
  const protocol = chosen(options, request) as ExecProtocol;
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key'] ?? ''}${ACCEPT_SUFFIX}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  const url = new URL(request.url ?? '/', 'http://peer');
  return new PeerSession(socket, protocol, {
    path: url.pathname,
    query: url.searchParams,
    argv: url.searchParams.getAll('command'),
    headers: request.headers,
  });
}

function chosen(options: ExecPeerOptions, request: IncomingMessage): ExecProtocol | undefined {
  // One header with a list; the real server does not understand several headers.
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return (options.protocols ?? ['v5.channel.k8s.io', 'v4.channel.k8s.io']).find((name) => offered.includes(name));
}

const noProtocol = (
  options: ExecPeerOptions,
  request: IncomingMessage,
): { status: number; body: string } | undefined =>
  chosen(options, request) === undefined ? { status: 403, body: 'no common subprotocol' } : undefined;
