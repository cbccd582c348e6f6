import { RegistryError } from '../errors/registry-error.ts';
import { Authorizer, type RegistryCredentials, type Scope } from './authorizer.ts';
import type { Clock } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import { registryFailure } from './registry-failure.ts';
import { pause, type RetryOptions, waitMsAfter, withRetries } from './retry.ts';
import { discard, exchange, labelOf, type Method, readBody, type RequestBody, type WireResponse } from './wire.ts';

/** One request to the registry. */
export type RegistryRequest = {
  readonly method: Method;
  /** Below `/v2/`, or a whole URL that the registry gave. */
  readonly target: string | URL;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly scope: Scope;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are an answer and not a failure. */
  readonly expect: readonly number[];
};

/** What {@link RegistryHttp} needs. */
export type RegistryHttpOptions = {
  readonly endpoint: Endpoint;
  readonly credentials?: RegistryCredentials | undefined;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  readonly retryForMs: number;
  readonly userAgent: string;
  readonly onRetry?: RetryOptions['onRetry'];
};

const MAX_REDIRECTS = 5;
/** An upload that stands still is tried so often. */
const MAX_STALLS = 8;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** Requests to one registry: credentials, redirects, typed failures, repetition. */
export class RegistryHttp {
  readonly #options: RegistryHttpOptions;
  readonly #authorizer: Authorizer;

  constructor(options: RegistryHttpOptions) {
    const { credentials, clock, idleTimeoutMs, endpoint } = options;
    this.#options = options;
    this.#authorizer = new Authorizer({ credentials, clock, idleTimeoutMs, base: endpoint.url });
  }

  /** Sends a request that may be sent twice, until it is answered. @throws RegistryError */
  send(request: RegistryRequest): Promise<WireResponse> {
    return this.retry(() => this.sendOnce(request), request.signal);
  }

  /** The same with a short body, which is read within the repetition: one that is cut short is asked for again. */
  fetch(request: RegistryRequest, limitBytes: number): Promise<WireResponse & { readonly bytes: Buffer }> {
    return this.retry(async () => {
      const response = await this.sendOnce(request);
      return { ...response, bytes: await readBody(response, limitBytes) };
    }, request.signal);
  }

  /** Repeats a step of several requests as {@link send} repeats one. */
  retry<T>(step: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { clock, retryForMs, onRetry } = this.#options;
    return withRetries(step, { clock, retryForMs, signal, onRetry });
  }

  /**
   * Waits before something that made no progress is tried for the `attempt`th time in a row.
   * @throws the error itself when it has been tried long enough
   */
  async waitAfter(error: RegistryError, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, retryForMs, onRetry } = this.#options;
    const waitMs = waitMsAfter(error, attempt, clock);
    if (attempt >= MAX_STALLS || waitMs > retryForMs) throw error;
    onRetry?.(error, waitMs);
    await pause(waitMs, { clock, signal });
  }

  /** Sends a request; once, apart from what its credentials need. @throws RegistryError */
  async sendOnce(request: RegistryRequest): Promise<WireResponse> {
    const { scope, signal } = request;
    const url = this.#urlOf(request);
    for (let attempt = 0; ; attempt += 1) {
      const authorization = await this.#authorizer.headerFor(scope, signal);
      const response = await this.#follow(request, { url, authorization });
      if (response.status === 401 && attempt === 0) {
        if (this.#authorizer.learn(response, { scope, sent: authorization })) {
          await discard(response);
          continue;
        }
      }
      if (request.expect.includes(response.status)) return response;
      if (response.status >= 400) throw await registryFailure(response, this.#options.clock.now());
      await discard(response);
      throw new RegistryError('BadResponse', {
        detail: `expected ${request.expect.join(' or ')}`,
        request: response.label,
        status: response.status,
      });
    }
  }

  /**
   * Where an upload goes on. A registry behind a path may not know of it: then it is put before the location.
   * @throws BadResponse without a usable `Location`
   */
  locationOf({ headers, label }: WireResponse, requested: URL): URL {
    const location = this.#resolve(headers.location, requested);
    if (location !== undefined) return location;
    throw new RegistryError('BadResponse', { detail: 'no usable Location', request: label });
  }

  /** The next page, as the `Link` header says it; undefined when there is none. */
  linkOf({ headers }: WireResponse, requested: URL): URL | undefined {
    const link = [headers.link ?? ''].flat().join(', ');
    const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link) ?? [];
    return this.#resolve(target, requested);
  }

  /** Frees the connections. */
  close(): void {
    this.#options.endpoint.agent.destroy();
  }

  /** The URL of a path below `/v2/`. */
  urlOf(path: string): URL {
    const { url } = this.#options.endpoint;
    return new URL(`${url.pathname.replace(/\/$/, '')}/v2/${path}`, url);
  }

  #resolve(target: string | undefined, requested: URL): URL | undefined {
    const url = target === undefined ? null : URL.parse(target, requested.href);
    if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
    const { url: base } = this.#options.endpoint;
    const prefix = base.pathname.replace(/\/$/, '');
    if (url.origin === base.origin && !url.pathname.startsWith(`${prefix}/`)) url.pathname = `${prefix}${url.pathname}`;
    return url;
  }

  #urlOf({ target, query = {} }: RegistryRequest): URL {
    const url = typeof target === 'string' ? this.urlOf(target) : new URL(target);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    return url;
  }

  /** Follows redirects. Credentials go to the registry's own origin only. */
  async #follow(
    request: RegistryRequest,
    { url, authorization }: { url: URL; authorization: string | undefined },
  ): Promise<WireResponse> {
    const { endpoint, idleTimeoutMs, userAgent } = this.#options;
    let at = url;
    for (let hop = 0; ; hop += 1) {
      const isOurs = at.origin === endpoint.url.origin;
      const response = await exchange({
        method: request.method,
        url: at,
        headers: {
          'user-agent': userAgent,
          ...request.headers,
          ...(isOurs && authorization !== undefined ? { authorization } : {}),
          ...(isOurs ? await endpoint.headers() : {}),
        },
        body: request.body,
        ...(isOurs ? { agent: endpoint.agent } : {}),
        signal: request.signal,
        idleTimeoutMs,
      });
      if (!redirects.includes(response.status) || request.expect.includes(response.status)) return response;
      await discard(response);
      const next = URL.parse(response.headers.location ?? '', at.href);
      if (next === null || response.headers.location === undefined || hop === MAX_REDIRECTS) {
        const detail = hop === MAX_REDIRECTS ? 'too many redirects' : 'a redirect to nowhere';
        throw new RegistryError('BadResponse', { detail, request: labelOf(request.method, at) });
      }
      at = next;
    }
  }
}
