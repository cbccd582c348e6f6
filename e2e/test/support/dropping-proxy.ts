import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes bytes on to one server, and cuts all of its connections when it is told to. */
export class DroppingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #blocked = false;

  private constructor({ hostname, port }: URL) {
    this.#target = { host: hostname, port: Number(port === '' ? 443 : port) };
    this.#server = createServer((near) => this.#pass(near));
  }

  static async start(target: URL): Promise<DroppingProxy> {
    const proxy = new DroppingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The server's URL with this proxy in place of its host. */
  url(server: string): string {
    const url = new URL(server);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** How many connections there are now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Cuts every connection on both sides: with a reset, or as a peer that simply ends. */
  drop(how: 'rst' | 'fin'): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        if (how === 'rst') socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    this.#pairs.clear();
  }

  /** Cuts every connection and lets no new one through until `open`. */
  block(): void {
    this.#blocked = true;
    this.drop('rst');
  }

  open(): void {
    this.#blocked = false;
  }

  async close(): Promise<void> {
    this.drop('rst');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #pass(near: Socket): void {
    if (this.#blocked) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to);
      // What happens to one side happens to the other; an error is always followed by this.
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
  }
}
