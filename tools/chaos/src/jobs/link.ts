import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a cut shows: every connection is reset and new ones are refused, or nothing comes through and nobody is told. */
export type Cut = 'reset' | 'silence';

/** An address to listen on or to dial. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

type Pair = readonly [client: Socket, upstream: Socket];

/** The network between two parts of a system: a TCP forwarder that can be cut for a while. */
export class Link implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #cut: Cut | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Forwards what comes in at `listen` to `target`. */
  static async open(listen: Address, target: Address): Promise<Link> {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true });
    const link = new Link(server);
    server.on('connection', (client) => link.#accept(client, target));
    server.listen(listen);
    await once(server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts everything, and heals after `ms`. After a `silence` connections go on where they were, as TCP does. */
  async cut(how: Cut, ms: number): Promise<void> {
    this.#cut = how;
    for (const [client, upstream] of this.#pairs) {
      if (how === 'reset') {
        reset(client);
        reset(upstream);
      } else {
        client.unpipe(upstream).pause();
        upstream.unpipe(client).pause();
      }
    }
    await sleep(ms);
    this.#cut = undefined;
    for (const pair of this.#pairs) flow(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  #accept(client: Socket, target: Address): void {
    if (this.#cut === 'reset') {
      reset(client.on('error', () => undefined));
      return;
    }
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const pair: Pair = [client, upstream];
    this.#pairs.add(pair);
    for (const [socket, other] of [pair, [upstream, client] as const]) {
      socket.on('error', () => reset(other));
      socket.on('close', () => {
        // One side may have ended in a silence, of which the other is told afterwards.
        if (other.destroyed) this.#pairs.delete(pair);
        if (!socket.readableEnded) other.destroy();
      });
    }
    if (this.#cut === undefined) flow(pair);
  }
}

/** Only TCP knows a reset; the socket that is a file just ends. */
const reset = (socket: Socket): void => {
  if (socket.destroyed || socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
};

const flow = ([client, upstream]: Pair): void => {
  client.pipe(upstream);
  upstream.pipe(client);
};
