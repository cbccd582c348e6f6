import type { Socket } from 'node:net';
import { ExecAbortedError, ExecError, type ExecErrorFacts } from '../errors.ts';
import { execPath, type ExecRequest, execQuery } from '../protocol/exec-request.ts';
import type { ExecClient, ExecProtocol, UpgradeRequest } from '../types.ts';
import { type Handshake, handshake, HeadReader, type ResponseHead, upgradeFault } from '../websocket/handshake.ts';
import { type ByteSocket, connected, openSocket } from './open-socket.ts';
import { refusedHandshake } from './refused-handshake.ts';
import type { TlsMemory } from './tls-memory.ts';

/** How to dial. */
export interface DialOptions {
  readonly protocols: readonly ExecProtocol[];
  readonly handshakeTimeoutMs: number;
  readonly tls: TlsMemory;
  readonly signal?: AbortSignal;
}

/** A WebSocket that was just opened, paused. */
export interface Dialled {
  readonly socket: ByteSocket;
  readonly protocol: ExecProtocol;
  /** What came behind the answer to the handshake. */
  readonly rest: readonly Buffer[];
}

/**
 * Opens one exec connection and answers with an open, **paused** socket, so that no frame is lost before somebody listens.
 * Every failure means that nothing was started.
 */
export async function dial(client: ExecClient, request: ExecRequest, options: DialOptions): Promise<Dialled> {
  const asked = client.upgradeRequest({ path: execPath(request.target), query: execQuery(request) });
  const upgrade = await unlessAborted(asked, options.signal);
  const tunnel = await openTunnel(upgrade);
  const socket = openSocket(upgrade, { tls: options.tls, tunnel });
  try {
    return await opened(socket, handshake({ ...upgrade, protocols: options.protocols }), options);
  } catch (error) {
    // A server that refuses keeps the connection open for another request; we have none.
    socket.stream.destroy();
    throw error;
  }
}

/** The caller does not wait for credentials that it no longer needs. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortedWhileConnecting(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Through a proxy, when there is one in the way: exec must not go round what all other requests go through. */
async function openTunnel({ tunnel }: UpgradeRequest): Promise<Socket | undefined> {
  try {
    return await tunnel?.();
  } catch (cause) {
    throw new ExecError('EXEC_CONNECT_FAILED', cause instanceof Error ? cause.message : 'the proxy', notStarted(cause));
  }
}

function opened(socket: ByteSocket, { text, accept }: Handshake, options: DialOptions): Promise<Dialled> {
  const { signal, protocols, handshakeTimeoutMs } = options;
  const { stream } = socket;
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      stream.off('error', fail).off('close', onClose);
      // What goes wrong from here on is told by the close.
      stream.on('error', () => undefined);
    };
    const fail = (cause: Error): void => {
      settle();
      reject(new ExecError('EXEC_CONNECT_FAILED', cause.message || cause.name, notStarted(cause)));
    };
    const onClose = (): void => fail(new TypeError('the server closed the connection without an answer'));
    const onAbort = (): void => {
      settle();
      reject(abortedWhileConnecting(signal));
    };
    const onHead = (head: ResponseHead, rest: Buffer): void => {
      if (head.status !== 101) {
        settle();
        void refusedHandshake(socket, { head, rest }).then(reject);
        return;
      }
      const fault = upgradeFault(head, accept, protocols);
      if (fault !== undefined) {
        fail(new TypeError(fault));
        return;
      }
      settle();
      resolve(paused(socket, head, rest));
    };
    const timer = setTimeout(
      () => fail(new TypeError(`no answer to the handshake within ${handshakeTimeoutMs} ms`)),
      handshakeTimeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    stream.on('error', fail).on('close', onClose);
    connected(socket, () => stream.write(text));
    const head = new HeadReader();
    socket.receive = (bytes) => {
      try {
        const answer = head.push(bytes);
        if (answer) onHead(answer.head, answer.rest);
      } catch (error) {
        fail(error as TypeError);
      }
    };
  });
}

/** Stops the socket; what it still hands out, because it was deciphered already, is kept. */
function paused(socket: ByteSocket, head: ResponseHead, first: Buffer): Dialled {
  const rest = [first];
  socket.stream.pause();
  socket.receive = (bytes) => rest.push(Buffer.from(bytes));
  return { socket, protocol: head.headers['sec-websocket-protocol'] as ExecProtocol, rest };
}

const abortedWhileConnecting = (signal: AbortSignal | undefined): ExecAbortedError =>
  new ExecAbortedError('EXEC_ABORTED', 'while connecting', notStarted(signal?.reason));

const notStarted = (cause: unknown): ExecErrorFacts => ({ started: 'no', cause });
