import { type AddressInfo, connect as netConnect, createServer, type Socket } from 'node:net';
import { connect as tlsConnect, TLSSocket } from 'node:tls';
import type { ExecClient, UpgradeRequest } from '../types.ts';

/** Bytes that passed, in plain text. */
export interface CapturedPiece {
  /** Since the connection was opened. */
  readonly atMs: number;
  readonly from: 'client' | 'server';
  /** Empty: this side ended its half of the connection, or all of it. */
  readonly bytes: Buffer;
}

/** All that passed on one connection, in order. Give it to {@link decodeSession}. It holds output, stdin and credentials. */
export type ExecCapture = readonly CapturedPiece[];

/** Sees what passes between a client and its server. */
export interface ExecTap extends AsyncDisposable {
  /** Speaks through the tap. Hand it to an `ExecStream` in place of the client that the tap was made of. */
  readonly client: ExecClient;
  /** Where it listens on loopback, without TLS. */
  readonly port: number;
  /** A capture for each connection so far, in order. They grow while the connections last. */
  readonly captures: readonly ExecCapture[];
}

/**
 * Puts a tap between a client and its server: a plain listener on loopback that speaks TLS with the server, so that all that passes can be
 * looked at. For tests and for finding out what a server does; whoever can reach the port needs the client's credentials all the same.
 *
 * @example
 * await using tap = await startExecTap(client);
 * await new ExecStream(tap.client).exec(worker, ['true']).result;
 * console.log(decodeSession(tap.captures[0]));
 */
export async function startExecTap(
  client: ExecClient,
  { keep = true }: { /** False: only passes on, and captures nothing. @default true */ readonly keep?: boolean } = {},
): Promise<ExecTap> {
  const captures: CapturedPiece[][] = [];
  const sockets = new Set<Socket>();
  let latest: UpgradeRequest | undefined;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const capture: CapturedPiece[] = [];
    captures.push(capture);
    if (latest === undefined) near.destroy();
    else void join(near, latest, { sockets, capture: keep ? capture : undefined });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    captures,
    client: {
      async upgradeRequest(request) {
        latest = await client.upgradeRequest(request);
        const url = new URL(latest.url);
        url.protocol = 'http:';
        url.hostname = '127.0.0.1';
        url.port = String(port);
        return { url, headers: latest.headers, tls: {} };
      },
      ...(client.pods && { pods: client.pods.bind(client) }),
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Link {
  readonly sockets: Set<Socket>;
  readonly capture: CapturedPiece[] | undefined;
}

async function join(near: Socket, upgrade: UpgradeRequest, { sockets, capture }: Link): Promise<void> {
  near.on('error', () => undefined);
  const far = await openFar(upgrade).catch(() => undefined);
  if (far === undefined) {
    breakOff(near);
    return;
  }
  const began = performance.now();
  for (const [socket, other, from] of [
    [near, far, 'client'],
    [far, near, 'server'],
  ] as const) {
    const keep = (bytes: Buffer): void => void capture?.push({ atMs: performance.now() - began, from, bytes });
    sockets.add(socket);
    socket.on('data', (bytes) => {
      keep(Buffer.from(bytes));
      if (!other.writable || other.write(bytes)) return;
      socket.pause();
      other.once('drain', () => socket.resume());
    });
    socket.on('end', () => {
      keep(Buffer.alloc(0));
      other.end();
    });
    socket.on('error', () => breakOff(other));
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroySoon();
    });
  }
}

/** A reset where that can be had. */
function breakOff(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

async function openFar({ url, tls, tunnel }: UpgradeRequest): Promise<Socket> {
  const socket = await tunnel?.();
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const where = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (secure ? 443 : 80)) };
  const far = secure ? tlsConnect({ ...where, ...tls, ...(socket && { socket }) }) : (socket ?? netConnect(where));
  return far.setNoDelay(true);
}
