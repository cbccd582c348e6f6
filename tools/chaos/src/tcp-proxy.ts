import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Fault } from './fault.ts';
import { Trigger } from './trigger.ts';

/** Time that `delay` holds every piece back. */
const DELAY_MS = 30;
/** Bytes that `trickle` sends one by one; after them it goes on normally, so that a test ends. */
const TRICKLE_BYTES = 400;

/** A TCP proxy on loopback that spoils connections as it is told. */
export class ChaosProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that were really spoilt. */
  hits = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts one. `next` is asked for each connection. */
  static async start(target: { readonly host: string; readonly port: number }, next: () => Fault): Promise<ChaosProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new ChaosProxy(server);
    server.on('connection', (client) =>
      proxy.#connect(client, { upstream: connect({ ...target, noDelay: true }), fault: next() }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(client: Socket, { upstream, fault }: { readonly upstream: Socket; readonly fault: Fault }): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    if (fault.kind === 'refuse') {
      this.hits++;
      upstream.destroy();
      client.resetAndDestroy();
      return;
    }
    const state = { trigger: new Trigger(fault), silent: false };
    for (const [side, from, to] of [
      ['client', client, upstream],
      ['server', upstream, client],
    ] as const) {
      from.on('data', (bytes) => void this.#pass(bytes, { side, from, to, fault, state, client, upstream }));
      from.on('close', () => {
        // A connection that went silent tells nobody about its end.
        if (!state.silent) to.end();
      });
    }
  }

  async #pass(bytes: Buffer, pipe: Pipe): Promise<void> {
    const { from, to, fault, state } = pipe;
    if (state.silent) return;
    const left = state.trigger.look(pipe.side, bytes);
    if (bytes.length < left) {
      write(pipe, bytes);
      return;
    }
    if (fault.kind === 'delay' || fault.kind === 'trickle') {
      if (left >= 0) this.hits++;
      from.pause();
      await (fault.kind === 'delay' ? new Promise((resolve) => setTimeout(resolve, DELAY_MS)) : undefined);
      const slow = fault.kind === 'trickle' && left > -TRICKLE_BYTES ? Math.min(bytes.length, TRICKLE_BYTES) : 0;
      for (let at = 0; at < slow; at++) {
        to.write(bytes.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      from.resume();
      write(pipe, bytes.subarray(slow));
      return;
    }
    // What comes after the end of a connection was sent in vain.
    if (left < 0) return;
    to.write(bytes.subarray(0, left));
    this.hits++;
    spoil(pipe);
  }
}

interface Pipe {
  readonly side: 'client' | 'server';
  readonly from: Socket;
  readonly to: Socket;
  readonly fault: Fault;
  readonly state: { readonly trigger: Trigger; silent: boolean };
  readonly client: Socket;
  readonly upstream: Socket;
}

function write({ from, to }: Pipe, bytes: Buffer): void {
  if (!to.writable || to.write(bytes)) return;
  from.pause();
  to.once('drain', () => from.resume());
}

function spoil({ fault, state, client, upstream }: Pipe): void {
  if (fault.kind === 'reset') {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  } else if (fault.kind === 'end') {
    client.end();
    upstream.end();
  } else {
    state.silent = true;
  }
}
