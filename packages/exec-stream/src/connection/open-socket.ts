import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect, TLSSocket } from 'node:tls';
import type { UpgradeRequest } from '../types.ts';
import { readIntoShared } from './receive-memory.ts';
import type { TlsMemory } from './tls-memory.ts';

/** A socket, and who gets its bytes. They are good until `receive` returns, and may be changed in place. */
export interface ByteSocket {
  readonly stream: Socket;
  receive: (bytes: Buffer) => void;
}

/** How to get to the server: directly, or on a connection that leads through a proxy. */
export interface SocketRoute {
  readonly tls: TlsMemory;
  readonly tunnel: Socket | undefined;
}

/** Dead peers are also found by TCP: the only judge while a consumer has paused us. */
const KEEP_ALIVE_MS = 15_000;

/** Opens TCP, and TLS where the address wants it. See {@link connected} for when it can be used. */
export function openSocket(upgrade: UpgradeRequest, route: SocketRoute): ByteSocket {
  const receive = (bytes: Buffer): void => socket.receive(bytes);
  const stream = isPlain(upgrade.url) ? plain(upgrade.url, route.tunnel, receive) : secure(upgrade, route, receive);
  const socket: ByteSocket = { stream, receive: () => undefined };
  stream.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

/** Calls back once the socket can be used. */
export function connected({ stream }: ByteSocket, callback: () => void): void {
  if (stream instanceof TLSSocket) stream.once('secureConnect', callback);
  else if (stream.connecting) stream.once('connect', callback);
  else callback();
}

const isPlain = (url: URL): boolean => url.protocol === 'http:' || url.protocol === 'ws:';

type Receive = (bytes: Buffer) => void;

function plain(url: URL, tunnel: Socket | undefined, receive: Receive): Socket {
  if (tunnel) return tunnel.on('data', receive);
  const address = { host: hostOf(url), port: portOf(url) };
  // Windows takes the memory of a plain socket before it reads: there it cannot be shared.
  return process.platform === 'win32'
    ? netConnect(address).on('data', receive)
    : netConnect({ ...address, onread: readIntoShared(receive) });
}

function secure(upgrade: UpgradeRequest, { tls, tunnel }: SocketRoute, receive: Receive): Socket {
  const { url } = upgrade;
  const options = tls.options(upgrade);
  const stream = tunnel
    ? tlsConnect({ ...options, socket: tunnel }).on('data', receive)
    : tlsConnect({ ...options, host: hostOf(url), port: portOf(url), ...{ onread: readIntoShared(receive) } });
  return stream.on('session', (session: Buffer) => tls.remember(upgrade, session));
}

/** Without the brackets of an IPv6 address. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const portOf = (url: URL): number => Number(url.port) || (isPlain(url) ? 80 : 443);
