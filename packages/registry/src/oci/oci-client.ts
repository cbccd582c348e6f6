import type { RegistryCredentials } from '../http/authorizer.ts';
import { type Clock, systemClock } from '../http/clock.ts';
import { type Endpoint, makeEndpoint, type RegistryTls } from '../http/endpoint.ts';
import { RegistryHttp, type RegistryHttpOptions } from '../http/registry-http.ts';
import { discard } from '../http/wire.ts';
import { type CallOptions, Repository } from './repository.ts';
import { pages } from './tag-pages.ts';

/** Options of {@link OciClient}. */
export type OciClientOptions = {
  /** `http://registry.danube-system:5000`, or an endpoint made elsewhere. */
  readonly registry: string | Endpoint;
  readonly credentials?: RegistryCredentials | undefined;
  readonly tls?: RegistryTls | undefined;
  /** Connections at most. @default 16 */
  readonly maxConnections?: number | undefined;
  /** A connection on which nothing moves for so long is given up. @default 60000 */
  readonly idleTimeoutMs?: number | undefined;
  /** How long a step that keeps failing is repeated: long enough for a registry to be started again. @default 60000 */
  readonly retryForMs?: number | undefined;
  /** @default 'danube-registry' */
  readonly userAgent?: string | undefined;
  /** Hears of every repetition. */
  readonly onRetry?: RegistryHttpOptions['onRetry'];
  readonly clock?: Clock | undefined;
};

/**
 * A client of one registry that speaks the OCI distribution API. The constructor opens nothing. Share one: all its calls
 * share a pool of connections and the tokens.
 * @example
 * await using client = new OciClient({ registry: 'http://registry.danube-system:5000' });
 * for await (const tag of client.repository('team/app').tags()) console.log(tag);
 */
export class OciClient implements AsyncDisposable {
  readonly #http: RegistryHttp;

  /** @throws TypeError for wrong options */
  constructor(options: OciClientOptions) {
    const { registry, credentials, tls, maxConnections, onRetry, clock = systemClock } = options;
    const endpoint =
      typeof registry === 'string'
        ? makeEndpoint(registry, {
            ...(tls === undefined ? {} : { tls }),
            ...(maxConnections === undefined ? {} : { maxConnections }),
          })
        : registry;
    this.#http = new RegistryHttp({
      endpoint,
      credentials,
      clock,
      idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
      retryForMs: options.retryForMs ?? 60_000,
      userAgent: options.userAgent ?? 'danube-registry',
      onRetry,
    });
  }

  /** Asks whether a registry answers; credentials are not needed for that. @throws TransportFailed, BadResponse … */
  async ping({ signal }: CallOptions = {}): Promise<void> {
    await discard(await this.#http.sendOnce({ method: 'GET', target: '', scope: '', signal, expect: [200, 401] }));
  }

  /** One repository. It need not exist yet. @throws InvalidReference */
  repository(name: string): Repository {
    return new Repository(this.#http, name);
  }

  /** Names of all repositories, read page by page. */
  repositories({ signal }: CallOptions = {}): AsyncIterable<string> {
    return pages(this.#http, { path: '_catalog', scope: 'registry:catalog:*', key: 'repositories', signal });
  }

  /** Frees the connections. Calls that are under way fail. */
  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
