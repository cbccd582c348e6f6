import type { ClusterConfig } from './config/cluster-config.ts';
import { type KubeClientOptions, normalizeClientOptions } from './client-options.ts';
import { Connection, type UpgradeRequest } from './connection.ts';
import type { CallOptions, KubeRequest, Requester } from './requester.ts';
import type * as models from './resources/models.ts';
import { NamespaceClient } from './resources/namespace-client.ts';
import { PodClient } from './resources/pod-client.ts';
import { ResourceClient, type ResourceContext } from './resources/resource-client.ts';
import { type ResourceDefinition, resources } from './resources/resource-definition.ts';
import { type AccessQuestion, canI, type UserInfo, whoAmI } from './resources/reviews.ts';
import { ServiceAccountClient } from './resources/service-account-client.ts';
import type { Query } from './resources/resource-path.ts';
import type { Recovery } from './retry/with-retries.ts';
import { checkTimeout } from './time/check-timeout.ts';
import { Turnstile } from './time/turnstile.ts';
import type { WireStream } from './transport/wire.ts';

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
  readonly #connection: Connection;
  readonly #requester: Requester;
  readonly #context: ResourceContext;

  /** @throws ConfigInvalid for a server that is no http(s) URL; TypeError for wrong options */
  constructor(config: ClusterConfig, options: KubeClientOptions = {}) {
    const normalized = normalizeClientOptions(options);
    this.config = config;
    // It may hold a credential: a client that is printed does not show it.
    Object.defineProperty(this, 'config', { enumerable: false });
    this.#connection = new Connection(config, normalized);
    this.#requester = normalized.intercept?.(this.#connection) ?? this.#connection;
    const { clock, fieldManager, timeoutMs } = normalized;
    this.#context = { requester: this.#requester, clock, fieldManager, timeoutMs, relists: new Turnstile() };
  }

  /** Namespace of the configuration's context. */
  get namespace(): string {
    return this.config.namespace ?? 'default';
  }

  pods = (namespace?: string): PodClient => new PodClient(this.#context, namespace);
  namespaces = (): NamespaceClient => new NamespaceClient(this.#context);
  nodes = (): ResourceClient<models.Node> => this.resource(resources.nodes);
  events = (namespace?: string): ResourceClient<models.CoreEvent> => this.resource(resources.events, namespace);
  services = (namespace?: string): ResourceClient<models.Service> => this.resource(resources.services, namespace);
  configMaps = (namespace?: string): ResourceClient<models.ConfigMap> => this.resource(resources.configMaps, namespace);
  secrets = (namespace?: string): ResourceClient<models.Secret> => this.resource(resources.secrets, namespace);
  serviceAccounts = (namespace?: string): ServiceAccountClient => new ServiceAccountClient(this.#context, namespace);
  persistentVolumeClaims = (namespace?: string): ResourceClient<models.PersistentVolumeClaim> =>
    this.resource(resources.persistentVolumeClaims, namespace);
  persistentVolumes = (): ResourceClient<models.PersistentVolume> => this.resource(resources.persistentVolumes);
  resourceQuotas = (namespace?: string): ResourceClient<models.ResourceQuota> =>
    this.resource(resources.resourceQuotas, namespace);
  deployments = (namespace?: string): ResourceClient<models.Deployment> =>
    this.resource(resources.deployments, namespace);
  daemonSets = (namespace?: string): ResourceClient<models.DaemonSet> => this.resource(resources.daemonSets, namespace);
  statefulSets = (namespace?: string): ResourceClient<models.StatefulSet> =>
    this.resource(resources.statefulSets, namespace);
  jobs = (namespace?: string): ResourceClient<models.Job> => this.resource(resources.jobs, namespace);
  endpointSlices = (namespace?: string): ResourceClient<models.EndpointSlice> =>
    this.resource(resources.endpointSlices, namespace);
  leases = (namespace?: string): ResourceClient<models.Lease> => this.resource(resources.leases, namespace);
  roles = (namespace?: string): ResourceClient<models.Role> => this.resource(resources.roles, namespace);
  roleBindings = (namespace?: string): ResourceClient<models.RoleBinding> =>
    this.resource(resources.roleBindings, namespace);
  clusterRoles = (): ResourceClient<models.ClusterRole> => this.resource(resources.clusterRoles);
  clusterRoleBindings = (): ResourceClient<models.ClusterRoleBinding> => this.resource(resources.clusterRoleBindings);
  networkPolicies = (namespace?: string): ResourceClient<models.NetworkPolicy> =>
    this.resource(resources.networkPolicies, namespace);
  validatingAdmissionPolicies = (): ResourceClient<models.ValidatingAdmissionPolicy> =>
    this.resource(resources.validatingAdmissionPolicies);
  validatingAdmissionPolicyBindings = (): ResourceClient<models.ValidatingAdmissionPolicyBinding> =>
    this.resource(resources.validatingAdmissionPolicyBindings);

  /** The verbs of any kind. Without a namespace: across all of them (list and watch only), or a cluster-wide kind. */
  resource<T extends models.KubeObject>(definition: ResourceDefinition<T>, namespace?: string): ResourceClient<T> {
    return new ResourceClient(this.#context, { definition, namespace });
  }

  /** Version of the API server. The cheapest way to see whether it is there. */
  version(options: CallOptions = {}): Promise<ServerVersion> {
    return this.request({ method: 'GET', path: '/version', ...options });
  }

  /** Who this client is to the API server. Needs Kubernetes 1.28. */
  whoAmI(options: CallOptions = {}): Promise<UserInfo> {
    return whoAmI(this.#requester, options);
  }

  /** Whether RBAC lets this client do something. Admission policies may still refuse it. */
  canI(question: AccessQuestion, options: CallOptions = {}): Promise<boolean> {
    return canI(this.#requester, question, options);
  }

  /**
   * Sends any request and decodes the JSON answer; a text answer is returned as text. Reads are repeated after a
   * failure; a write only when it certainly was not applied, unless `recovery` allows more.
   */
  async request<T>(request: KubeRequest, recovery?: Recovery<T>): Promise<T> {
    return this.#requester.request(request, recovery);
  }

  /** Sends a request whose answer is read as it comes. `timeoutMs` is the time until its headers are there. */
  async stream(request: KubeRequest, recovery?: Recovery<WireStream>): Promise<WireStream> {
    return this.#requester.stream(request, recovery);
  }

  /** What a WebSocket needs to dial a path of the API server with this client's credentials. */
  upgradeRequest(request: { readonly path: string; readonly query?: Query }): Promise<UpgradeRequest> {
    return this.#connection.upgradeRequest(request);
  }

  /** Lets running calls end for `graceMs` (5 s), then cuts them. Safe to call twice; later calls fail. */
  async close({ graceMs = 5_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    if (graceMs !== 0) checkTimeout(graceMs, 'graceMs');
    return this.#connection.close(graceMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
