import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect, type ConnectionOptions as TlsOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { ExecAbortedError, ExecError, type ExecErrorFacts } from '../errors.ts';
import { execPath, type ExecRequest, execQuery } from '../protocol/exec-request.ts';
import type { ExecClient, ExecProtocol, UpgradeRequest } from '../types.ts';
import { refusedHandshake } from './refused-handshake.ts';

/** TLS sessions by server, so that a new connection needs no full handshake. One per `ExecStream`. */
export type TlsSessions = Map<string, Buffer>;

/** How to dial. */
export interface DialOptions {
  readonly protocols: readonly ExecProtocol[];
  readonly handshakeTimeoutMs: number;
  readonly sessions: TlsSessions;
  readonly signal?: AbortSignal;
}

const abortedWhileConnecting = (signal: AbortSignal | undefined): ExecAbortedError =>
  new ExecAbortedError('EXEC_ABORTED', 'while connecting', notStarted(signal?.reason));

const notStarted = (cause: unknown): ExecErrorFacts => ({ started: 'no', cause });

/**
 * Opens one exec connection and answers with an open, **paused** socket, so that no frame is lost before somebody listens.
 * Every failure means that nothing was started.
 */
export async function dial(client: ExecClient, request: ExecRequest, options: DialOptions): Promise<Dialled> {
  const upgrade = await client.upgradeRequest({ path: execPath(request.target), query: execQuery(request) });
  if (options.signal?.aborted) throw abortedWhileConnecting(options.signal);
  const tunnel = await openTunnel(upgrade);
  let stream: Socket | undefined;
  const socket = new WebSocket(upgrade.url, [...options.protocols], {
    headers: { ...upgrade.headers },
    handshakeTimeout: options.handshakeTimeoutMs,
    // The server side is golang.org/x/net/websocket, which knows no extensions.
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: 64 * 1024 * 1024,
    createConnection: (connection: object) =>
      (stream = openStream({ ...connection, ...(tunnel && { socket: tunnel }) }, upgrade, options.sessions)),
  });
  try {
    await opened(socket, options.signal);
  } catch (error) {
    // A server that refuses keeps the connection open for another request; we have none.
    stream?.destroy();
    throw error;
  }
  return { socket, stream: stream as Socket };
}

/** An open WebSocket and the TCP stream below it. */
export interface Dialled {
  readonly socket: WebSocket;
  readonly stream: Socket;
}

/** Dead peers are also found by TCP: the only judge while a consumer has paused us. */
const KEEP_ALIVE_MS = 15_000;

/** Through a proxy, when there is one in the way: exec must not go round what all other requests go through. */
async function openTunnel({ tunnel }: UpgradeRequest): Promise<Socket | undefined> {
  try {
    return await tunnel?.();
  } catch (cause) {
    throw new ExecError('EXEC_CONNECT_FAILED', cause instanceof Error ? cause.message : 'the proxy', notStarted(cause));
  }
}

function openStream(connection: { readonly socket?: Socket }, upgrade: UpgradeRequest, sessions: TlsSessions): Socket {
  const { url, tls } = upgrade;
  const target = { ...connection, path: undefined } as unknown as { port: number };
  if (url.protocol === 'http:' || url.protocol === 'ws:') {
    return (connection.socket ?? netConnect(target)).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const session = sessions.get(url.host);
  const stream = tlsConnect({
    ...target,
    ...(isIP(host) === 0 && { servername: host }),
    ...tls,
    ...(session && { session }),
  } as TlsOptions);
  stream.on('session', (ticket) => sessions.set(url.host, ticket));
  return stream.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}

function opened(socket: WebSocket, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      settle();
      socket.terminate();
      reject(abortedWhileConnecting(signal));
    };
    const onOpen = (): void => {
      settle();
      socket.pause();
      resolve();
    };
    const onError = (cause: Error): void => {
      settle();
      reject(new ExecError('EXEC_CONNECT_FAILED', cause.message || cause.name, notStarted(cause)));
    };
    const onRefused = (request: ClientRequest, response: IncomingMessage): void => {
      settle();
      void refusedHandshake(response).then((error) => {
        request.destroy();
        reject(error);
      });
    };
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.off('open', onOpen).off('error', onError).off('unexpected-response', onRefused);
      // `terminate` of a connecting socket emits an error that nobody waits for any more.
      socket.on('error', () => undefined);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('open', onOpen).on('error', onError).on('unexpected-response', onRefused);
  });
}
