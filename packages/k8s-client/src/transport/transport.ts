import { KubeError } from '../errors/kube-error.ts';
import type { ConnectObserver, TlsMaterial } from './connector.ts';
import { makeConnector } from './connector.ts';
import { sendStream } from './stream.ts';
import { Pool } from './undici.ts';
import { sendUnary } from './unary.ts';
import type { WireRequest, WireResponse, WireStream } from './wire.ts';

/** How connections are pooled. */
export type TransportOptions = {
  /** Scheme, host and port of the API server. */
  readonly origin: string;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly http2: boolean;
  readonly proxy?: URL | undefined;
  readonly onConnect?: ConnectObserver | undefined;
};

/** The pools of one generation of TLS material. */
type Pools = { readonly tls: TlsMaterial; unary?: Pool; stream?: Pool };

/**
 * Two keep-alive pools: short calls share a bounded number of connections, long streams get one each, so that
 * watches cannot starve calls. Opened by the first request; replaced when the TLS material changes.
 */
export class Transport {
  readonly #options: TransportOptions;
  #pools: Pools | undefined;
  readonly #retired = new Map<Pool, Promise<void>>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async unary(tls: TlsMaterial, request: WireRequest): Promise<WireResponse> {
    const pools = this.#poolsFor(tls);
    pools.unary ??= this.#pool(tls, this.#options.connections);
    return sendUnary(pools.unary, request);
  }

  async stream(tls: TlsMaterial, request: WireRequest): Promise<WireStream> {
    const pools = this.#poolsFor(tls);
    pools.stream ??= this.#pool(tls, null);
    return sendStream(pools.stream, request);
  }

  /** Lets running calls end for `graceMs`, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#retire();
    const left = [...this.#retired.keys()];
    const closed = Promise.all(this.#retired.values());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, graceMs, 'late');
    });
    if ((await Promise.race([closed, late])) === 'late') await Promise.all(left.map((pool) => pool.destroy()));
    clearTimeout(timer);
  }

  #poolsFor(tls: TlsMaterial): Pools {
    // Who was on the way here when it was closed must not open what nobody would close.
    if (this.#closed) throw new KubeError('ClientClosed');
    if (this.#pools?.tls === tls) return this.#pools;
    this.#retire();
    this.#pools = { tls };
    return this.#pools;
  }

  /** Old pools finish what runs on them; nothing new is sent there. */
  #retire(): void {
    const old = [this.#pools?.unary, this.#pools?.stream].filter((pool) => pool !== undefined);
    this.#pools = undefined;
    for (const pool of old) {
      const closed = pool.close().finally(() => this.#retired.delete(pool));
      this.#retired.set(pool, closed);
    }
  }

  #pool(tls: TlsMaterial, connections: number | null): Pool {
    return new Pool(this.#options.origin, {
      connections,
      pipelining: 1,
      allowH2: this.#options.http2,
      // Below every idle limit on the way (kube-apiserver 90 s, common load balancers 60 s), so that we close first.
      keepAliveTimeout: 45_000,
      keepAliveMaxTimeout: 45_000,
      // Deadlines are per call, in call.ts.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: makeConnector({ ...this.#options, tls }),
    });
  }
}
