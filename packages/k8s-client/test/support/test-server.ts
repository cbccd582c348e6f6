import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8');
export const fixturePath = (name: string): string => join(import.meta.dirname, '../fixtures', name);

export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type TestServer = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** Requests in order of arrival, with their bodies. */
  readonly seen: Seen[];
  /** TCP connections so far. */
  readonly connections: () => number;
  /** Full TLS handshakes so far. */
  readonly handshakes: () => number;
  /** Sockets that are open now. */
  readonly open: Set<Socket>;
  readonly close: () => Promise<void>;
};

export type Handler = (request: Seen, response: ServerResponse, socket: Socket) => void | Promise<void>;

export type TestServerOptions = {
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string; readonly requestCert?: boolean };
  readonly port?: number;
  readonly keepAliveTimeoutMs?: number;
};

/** A real HTTP(S) server on a free port of loopback. */
export const startServer = async (handler: Handler, options: TestServerOptions = {}): Promise<TestServer> => {
  const seen: Seen[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let handshakes = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      void handler(one, response, request.socket);
    });
  };
  const server = options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener);
  server.keepAliveTimeout = options.keepAliveTimeoutMs ?? 120_000;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
    });
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    open,
    connections: () => connections,
    handshakes: () => handshakes,
    close,
    [Symbol.asyncDispose]: close,
  };
};

export const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

/** An error answer with a `Status` body. */
export const failWith = (
  response: ServerResponse,
  {
    code,
    reason,
    headers = {},
  }: { readonly code: number; readonly reason: string; readonly headers?: Record<string, string> },
): void => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: `said ${reason}` }),
  );
};
