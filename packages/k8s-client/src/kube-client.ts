import type { ClusterConfig } from './config/cluster-config.ts';
import { ConfigCredentials } from './config/config-credentials.ts';
import type { Credentials } from './config/credentials.ts';
import { type KubeClientOptions, normalizeClientOptions, type NormalizedClientOptions } from './client-options.ts';
import { ConfigError } from './errors/failures.ts';
import { KubeError } from './errors/kube-error.ts';
import { errorFromResponse } from './errors/from-response.ts';
import type { CallOptions, KubeRequest, Requester } from './requester.ts';
import type { KubeObject } from './resources/models.ts';
import { NamespaceClient } from './resources/namespace-client.ts';
import { PodClient } from './resources/pod-client.ts';
import { ResourceClient, type ResourceContext } from './resources/resource-client.ts';
import { type ResourceDefinition, resources } from './resources/resource-definition.ts';
import { type Query, queryText } from './resources/resource-path.ts';
import type { TlsMaterial } from './transport/connector.ts';
import { Transport } from './transport/transport.ts';
import type { WireRequest, WireStream } from './transport/wire.ts';

/** What a WebSocket needs to dial the API server as this client would. */
export type UpgradeRequest = {
  /** `wss://…` with path and query. */
  readonly url: URL;
  /** Holds the credential: never log it. */
  readonly headers: Record<string, string>;
  readonly tls: TlsMaterial;
};

/** Answer of `/version`. */
export type ServerVersion = { readonly major: string; readonly minor: string; readonly gitVersion: string };

/**
 * A client of one cluster as one user. The constructor opens and reads nothing; the first call does.
 * Share one: all its calls share a pool of connections.
 * @example
 * await using client = new KubeClient(await loadConfig());
 * const pod = await client.pods('default').get('web-0');
 */
export class KubeClient implements Requester, AsyncDisposable {
  readonly config: ClusterConfig;
  readonly #options: NormalizedClientOptions;
  readonly #server: URL;
  readonly #credentials: Credentials;
  readonly #transport: Transport;
  readonly #context: ResourceContext;
  #closed = false;

  /** @throws ConfigInvalid for a server that is no http(s) URL; TypeError for wrong options */
  constructor(config: ClusterConfig, options: KubeClientOptions = {}) {
    this.config = config;
    this.#options = normalizeClientOptions(options);
    this.#server = serverUrl(config.server);
    this.#credentials = new ConfigCredentials(config, this.#options.clock.now);
    this.#transport = new Transport({
      connections: this.#options.maxConnections,
      connectTimeoutMs: this.#options.connectTimeoutMs,
      http2: this.#options.http2,
      onConnect: this.#options.onConnect,
    });
    this.#context = { requester: this, clock: this.#options.clock, fieldManager: this.#options.fieldManager };
  }

  /** Namespace of the configuration's context. */
  get namespace(): string {
    return this.config.namespace ?? 'default';
  }

  pods = (namespace?: string): PodClient => new PodClient(this.#context, namespace);
  namespaces = (): NamespaceClient => new NamespaceClient(this.#context);
  nodes = () => this.resource(resources.nodes);
  events = (namespace?: string) => this.resource(resources.events, namespace);
  services = (namespace?: string) => this.resource(resources.services, namespace);
  configMaps = (namespace?: string) => this.resource(resources.configMaps, namespace);
  secrets = (namespace?: string) => this.resource(resources.secrets, namespace);
  serviceAccounts = (namespace?: string) => this.resource(resources.serviceAccounts, namespace);
  persistentVolumeClaims = (namespace?: string) => this.resource(resources.persistentVolumeClaims, namespace);
  persistentVolumes = () => this.resource(resources.persistentVolumes);
  resourceQuotas = (namespace?: string) => this.resource(resources.resourceQuotas, namespace);
  deployments = (namespace?: string) => this.resource(resources.deployments, namespace);
  daemonSets = (namespace?: string) => this.resource(resources.daemonSets, namespace);
  statefulSets = (namespace?: string) => this.resource(resources.statefulSets, namespace);
  jobs = (namespace?: string) => this.resource(resources.jobs, namespace);
  endpointSlices = (namespace?: string) => this.resource(resources.endpointSlices, namespace);
  leases = (namespace?: string) => this.resource(resources.leases, namespace);
  roles = (namespace?: string) => this.resource(resources.roles, namespace);
  roleBindings = (namespace?: string) => this.resource(resources.roleBindings, namespace);
  clusterRoles = () => this.resource(resources.clusterRoles);
  clusterRoleBindings = () => this.resource(resources.clusterRoleBindings);
  networkPolicies = (namespace?: string) => this.resource(resources.networkPolicies, namespace);
  validatingAdmissionPolicies = () => this.resource(resources.validatingAdmissionPolicies);
  validatingAdmissionPolicyBindings = () => this.resource(resources.validatingAdmissionPolicyBindings);

  /** The verbs of any kind. Without a namespace: across all of them (list and watch only), or a cluster-wide kind. */
  resource<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): ResourceClient<T> {
    return new ResourceClient(this.#context, { definition, namespace });
  }

  /** Version of the API server. The cheapest way to see whether it is there. */
  version(options: CallOptions = {}): Promise<ServerVersion> {
    return this.request({ method: 'GET', path: '/version', ...options });
  }

  /** Sends any request and decodes the JSON answer; a text answer is returned as text. */
  async request<T>(request: KubeRequest): Promise<T> {
    const access = await this.#access(request.signal);
    const wire = this.#wire(request, access.headers);
    const response = await this.#transport.unary(access.tls, wire);
    if (response.status >= 400) throw this.#failure(response, wire.label);
    return decode(response.body, response.headers['content-type'] ?? '', wire.label) as T;
  }

  /** Sends a request whose answer is read as it comes. `timeoutMs` is the time until its headers are there. */
  async stream(request: KubeRequest): Promise<WireStream> {
    const access = await this.#access(request.signal);
    const wire = this.#wire(request, access.headers);
    const response = await this.#transport.stream(access.tls, wire);
    if (response.status < 400) return response;
    const body = await collect(response.body);
    throw this.#failure({ ...response, body }, wire.label);
  }

  /** What a WebSocket needs to dial a path of the API server with this client's credentials. */
  async upgradeRequest(request: { readonly path: string; readonly query?: Query }): Promise<UpgradeRequest> {
    const access = await this.#access(undefined);
    const url = new URL(this.#target(request.path, request.query), this.#server.origin);
    url.protocol = this.#server.protocol === 'http:' ? 'ws:' : 'wss:';
    const headers = Object.entries({ ...access.headers, 'user-agent': this.#options.userAgent }).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.join(', ') : value,
    ]);
    return { url, headers: Object.fromEntries(headers) as Record<string, string>, tls: access.tls };
  }

  /** Lets running calls end for `graceMs` (5 s), then cuts them. Safe to call twice. */
  async close({ graceMs = 5_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed = true;
    await this.#transport.close(graceMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #access(signal: AbortSignal | undefined) {
    if (this.#closed) throw new KubeError('ClientClosed');
    return this.#credentials.current(signal);
  }

  #wire(request: KubeRequest, credential: WireRequest['headers']): WireRequest {
    const raw = typeof request.body === 'string' || Buffer.isBuffer(request.body);
    return {
      origin: this.#server.origin,
      method: request.method,
      target: this.#target(request.path, request.query),
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
        ...credential,
      },
      body: raw ? request.body : request.body === undefined ? undefined : JSON.stringify(request.body),
      signal: request.signal,
      timeoutMs: request.timeoutMs ?? this.#options.timeoutMs,
      label: `${request.method} ${request.path}`,
    };
  }

  #target(path: string, query: Query | undefined): string {
    if (!path.startsWith('/')) throw new TypeError(`path: expected one that starts with "/", got "${path}"`);
    return `${this.#server.pathname.replace(/\/$/, '')}${path}${queryText(query)}`;
  }

  #failure(response: { status: number; headers: WireStream['headers']; body: Buffer }, label: string) {
    return errorFromResponse({ ...response, request: label, nowMs: this.#options.clock.now() });
  }
}

const serverUrl = (server: string): URL => {
  const url = URL.parse(server);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(`server: expected an http(s) URL, got "${server}"`);
  }
  return url;
};

const decode = (body: Buffer, contentType: string, request: string): unknown => {
  if (!contentType.includes('json')) return body.toString('utf8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new KubeError('BadResponse', { request, detail: 'the body is not JSON', cause: error });
  }
};

const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};
