import type { Socket } from 'node:net';
import { checkPath, checkRequest } from './check-request.ts';
import type { NormalizedClientOptions } from './client-options.ts';
import type { ClusterConfig } from './config/cluster-config.ts';
import { ConfigCredentials } from './config/config-credentials.ts';
import type { Access, Credentials } from './config/credentials.ts';
import { proxyFor } from './config/proxy.ts';
import { validateConfig } from './config/validate-config.ts';
import { ConfigError } from './errors/failures.ts';
import { errorFromResponse } from './errors/from-response.ts';
import { KubeError } from './errors/kube-error.ts';
import { isForbidden, isUnauthorized } from './errors/predicates.ts';
import { isLastingRefusal } from './retry/is-lasting-refusal.ts';
import type { KubeRequest, Requester } from './requester.ts';
import { describeCall } from './resources/describe-call.ts';
import { type Query, queryText } from './resources/resource-path.ts';
import { RetryBudget } from './retry/retry-budget.ts';
import { type TurnKind, Turns } from './retry/turns.ts';
import { type Recovery, withRetries } from './retry/with-retries.ts';
import { type Limits, within } from './time/within.ts';
import type { TlsMaterial } from './transport/connector.ts';
import { openTunnel } from './transport/tunnel.ts';
import type { Transport, TransportOptions } from './transport/transport.ts';
import type { WireRequest, WireResponse, WireStream } from './transport/wire.ts';

/** What a WebSocket needs to dial the API server as this client would. */
export type UpgradeRequest = {
  /** `wss://…` with path and query. */
  readonly url: URL;
  /** Holds the credential: never log it. */
  readonly headers: Record<string, string>;
  readonly tls: TlsMaterial;
  /** Set when a proxy is in the way: opens the TCP connection through it, on which TLS and the upgrade go on. */
  readonly tunnel?: () => Promise<Socket>;
};

/** RBAC that was made a moment ago reaches the authorizer a little later: refusals in that time may be wrong. */
const RBAC_SETTLES_MS = 10_000;

/** Credentials, connections and retries of one client: turns requests into answers or typed errors. */
export class Connection implements Requester {
  readonly #options: NormalizedClientOptions;
  readonly #server: URL;
  readonly #proxy: URL | undefined;
  readonly #credentials: Credentials;
  readonly #transportOptions: TransportOptions;
  #transport: Promise<Transport> | undefined;
  readonly #budget: RetryBudget;
  readonly #turns: Turns;
  readonly #closing = new AbortController();
  #rbacMadeAtMs = -Infinity;

  constructor(config: ClusterConfig, options: NormalizedClientOptions) {
    this.#options = options;
    validateConfig(config);
    this.#server = serverUrl(config.server);
    this.#credentials = new ConfigCredentials(config, options.clock);
    const proxy = proxyFor(this.#server, config.proxyUrl, options.env);
    this.#proxy = proxy;
    this.#turns = new Turns(options);
    this.#budget = new RetryBudget(options.clock.monotonic);
    this.#transportOptions = {
      origin: this.#server.origin,
      connections: options.maxConnections,
      connectTimeoutMs: options.connectTimeoutMs,
      http2: options.http2,
      proxy,
      onConnect: options.onConnect,
    };
  }

  request<T>(request: KubeRequest, recovery: Recovery<T> = defaultRecovery(request)): Promise<T> {
    const kind = request.method === 'GET' || request.method === 'HEAD' ? 'reading' : 'mutating';
    return this.#call({ ...request, kind }, recovery, async (access, wire, heard) => {
      const transport = await this.#open();
      const response = await transport.unary(access.tls, wire);
      heard(response.status);
      if (response.status >= 400) throw this.#failure(response, wire.label);
      if (request.method !== 'GET' && makesRules(request.path)) this.#rbacMadeAtMs = this.#options.clock.monotonic();
      return decode(response, request.read, wire.label) as T;
    });
  }

  stream(request: KubeRequest, recovery: Recovery<WireStream> = defaultRecovery(request)): Promise<WireStream> {
    return this.#call({ ...request, kind: 'stream' }, recovery, async (access, wire, heard) => {
      const transport = await this.#open();
      const response = await transport.stream(access.tls, wire);
      heard(response.status);
      if (response.status < 400) return response;
      throw this.#failure({ ...response, body: await collect(response.body) }, wire.label);
    });
  }

  async upgradeRequest({ path, query }: { readonly path: string; readonly query?: Query }): Promise<UpgradeRequest> {
    checkPath(path);
    const access = await this.#access();
    const url = new URL(this.#target(path, query), this.#server.origin);
    url.protocol = this.#server.protocol === 'http:' ? 'ws:' : 'wss:';
    const headers = Object.entries({ ...access.headers, 'user-agent': this.#options.userAgent }).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.join(', ') : value,
    ]);
    const upgrade = { url, headers: Object.fromEntries(headers) as Record<string, string>, tls: access.tls };
    const proxy = this.#proxy;
    if (proxy === undefined) return upgrade;
    const target = { proxy, ...hostAndPort(this.#server), timeoutMs: this.#options.connectTimeoutMs };
    return { ...upgrade, tunnel: () => openTunnel(target) };
  }

  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    const transport = await this.#transport;
    await transport?.close(graceMs);
  }

  /** Loaded with the first request: who only upgrades connections never has the memory of it. */
  async #open(): Promise<Transport> {
    if (this.#closing.signal.aborted) throw new KubeError('ClientClosed');
    this.#transport ??= import('./transport/transport.ts').then(
      ({ Transport: Opened }) => new Opened(this.#transportOptions),
    );
    return this.#transport;
  }

  #call<T>(
    request: KubeRequest & { readonly kind: TurnKind },
    recovery: Recovery<T>,
    send: (access: Access, wire: WireRequest, heard: (status: number) => void) => Promise<T>,
  ): Promise<T> {
    const { clock, maxAttempts, onRetry } = this.#options;
    const { timeoutMs: totalMs = this.#options.timeoutMs, signal } = request;
    checkRequest({ ...request, timeoutMs: totalMs });
    const target = this.#target(request.path, request.query);
    const body = encode(request.body);
    let access: Access | undefined;
    let renewed = false;
    let attempts = 0;
    const label = `${request.method} ${request.path}`;
    const closing = this.#closing.signal;
    const limits = (timeoutMs: number, what: string): Limits => ({ timeoutMs, signal, closing, request: label, what });
    const attempt = async (timeoutMs: number): Promise<T> => {
      // Turn, credential and request share the time of the attempt.
      const endsAtMs = clock.monotonic() + timeoutMs;
      const leftMs = (): number => Math.max(1, endsAtMs - clock.monotonic());
      const leave = await this.#turns.take(request.kind, limits(timeoutMs, 'its turn'));
      try {
        const current = await within(this.#access(), limits(leftMs(), 'obtaining the credential'));
        access = current;
        const wire = this.#wire(request, { target, body, timeoutMs: leftMs(), credential: current.headers });
        return await this.#observed(request, (attempts += 1), (heard) => send(current, wire, heard));
      } finally {
        leave();
      }
    };
    const isTransient = async (error: KubeError, remainingMs: number): Promise<boolean> => {
      if (isForbidden(error)) {
        return !isLastingRefusal(error) && clock.monotonic() - this.#rbacMadeAtMs < RBAC_SETTLES_MS;
      }
      if (!isUnauthorized(error) || access === undefined || renewed) return false;
      renewed = true;
      return within(this.#credentials.renew(access), limits(remainingMs, 'renewing the credential'));
    };
    return withRetries(attempt, {
      recovery,
      isTransient,
      clock,
      closing,
      maxAttempts,
      onRetry,
      timeoutMs: totalMs,
      signal,
      label,
      budget: this.#budget,
    });
  }

  async #observed<T>(
    request: KubeRequest,
    attempt: number,
    send: (heard: (status: number) => void) => Promise<T>,
  ): Promise<T> {
    const { onAttempt, clock } = this.#options;
    const startedMs = clock.monotonic();
    let status: number | undefined;
    const tell = (error?: unknown): void =>
      onAttempt?.({
        ...describeCall(request),
        method: request.method,
        path: request.path,
        server: this.#server.origin,
        attempt,
        durationMs: clock.monotonic() - startedMs,
        ...(status === undefined ? {} : { status }),
        ...(error instanceof KubeError ? { error } : {}),
      });
    try {
      const answer = await send((heard) => (status = heard));
      tell();
      return answer;
    } catch (error) {
      tell(error);
      throw error;
    }
  }

  async #access(): Promise<Access> {
    if (this.#closing.signal.aborted) throw new KubeError('ClientClosed');
    return this.#credentials.current();
  }

  #wire(
    request: KubeRequest,
    made: { target: string; body: string | Buffer | undefined; timeoutMs: number; credential: Access['headers'] },
  ): WireRequest {
    return {
      method: request.method,
      target: made.target,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(made.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
        ...made.credential,
      },
      body: made.body,
      signal: request.signal,
      timeoutMs: made.timeoutMs,
      label: `${request.method} ${request.path}`,
    };
  }

  #target(path: string, query: Query | undefined): string {
    return `${this.#server.pathname.replace(/\/$/, '')}${path}${queryText(query)}`;
  }

  #failure(response: WireResponse, label: string): KubeError {
    return errorFromResponse({ ...response, request: label, nowMs: this.#options.clock.now() });
  }
}

const defaultRecovery = ({ method }: KubeRequest): Recovery<never> => ({
  safety: method === 'GET' || method === 'HEAD' ? 'read' : 'once',
});

const makesRules = (path: string): boolean =>
  path.startsWith('/apis/rbac.authorization.k8s.io/') || path === '/api/v1/namespaces';

const serverUrl = (server: string): URL => {
  const url = URL.parse(server);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(`server: expected an http(s) URL, got "${server}"`);
  }
  return url;
};

const hostAndPort = ({ hostname, port, protocol }: URL): { host: string; port: string } => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: port === '' ? (protocol === 'https:' ? '443' : '80') : port,
});

const encode = (body: unknown): string | Buffer | undefined =>
  body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);

/** JSON as a value, anything else as text. */
const decode = ({ body, headers }: WireResponse, read: KubeRequest['read'], request: string): unknown => {
  if (headers['content-type']?.includes('json') !== true) return body.toString();
  try {
    return read === undefined ? JSON.parse(body.toString()) : read(body);
  } catch (error) {
    throw new KubeError('BadResponse', { request, detail: 'the body is not JSON', cause: error });
  }
};

const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};
