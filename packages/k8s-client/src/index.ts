export { KubeClient } from './kube-client.ts';
export type { ServerVersion } from './kube-client.ts';
export type { UpgradeRequest } from './connection.ts';
export type { Safety } from './retry/policy.ts';
export type { RateLimit } from './retry/token-bucket.ts';
export type { InFlightLimit } from './retry/turns.ts';
export type { Recovery, RetryObserver, Settlement } from './retry/with-retries.ts';
export type { Attempt, AttemptObserver, KubeClientOptions } from './client-options.ts';
export type { CallOptions, KubeRequest, Requester } from './requester.ts';
export type { CallDescription, Verb } from './resources/describe-call.ts';

export { loadConfig } from './config/load-config.ts';
export type { LoadConfigOptions } from './config/load-config.ts';
export { inClusterConfig } from './config/in-cluster.ts';
export type { InClusterOptions } from './config/in-cluster.ts';
export type { ClusterConfig, Env, ExecPluginConfig, Impersonation } from './config/cluster-config.ts';

export type { Mutation } from './resources/update-object.ts';
export { ResourceClient } from './resources/resource-client.ts';
export { PodClient } from './resources/pod-client.ts';
export type { LogOptions } from './logs/log-options.ts';
export { NamespaceClient } from './resources/namespace-client.ts';
export type { EnsureNamespaceOptions } from './resources/namespace-client.ts';
export { ServiceAccountClient } from './resources/service-account-client.ts';
export type { TokenOptions } from './resources/service-account-client.ts';
export type { AccessQuestion, UserInfo } from './resources/reviews.ts';
export { resources } from './resources/resource-definition.ts';
export type { ResourceDefinition } from './resources/resource-definition.ts';
export type { Query } from './resources/resource-path.ts';
export type {
  ApplyOptions,
  CreateOptions,
  DeleteCollectionOptions,
  DeleteOptions,
  GetOptions,
  List,
  ListOptions,
  PatchOptions,
  PatchType,
  UpdateOptions,
  WriteOptions,
} from './resources/verb-options.ts';

export type { WatchEvent } from './watch/watch-event.ts';
export type { WatchOptions } from './watch/watch.ts';

export { LeaderElection } from './leader/leader-election.ts';
export type { LeaderElectionOptions } from './leader/leader-election.ts';

export { Informer } from './informer/informer.ts';
export type { InformerState } from './informer/informer.ts';
export type { ChangeHandler } from './informer/subscribers.ts';
export type { InformerOptions } from './informer/informer-options.ts';
export type { Change, ReadonlyStore } from './informer/store.ts';
export type { IndexFunction } from './informer/store-index.ts';
export type { FieldSelection } from './json/field-selection.ts';

export {
  and,
  exists,
  hasCondition,
  isContainerRunning,
  isDeleted,
  isPodFinished,
  isPodReady,
  isPodRunning,
  not,
  or,
} from './wait/conditions.ts';
export type { Condition } from './wait/conditions.ts';
export type { WaitOptions } from './wait/wait-for.ts';

export { codes } from './errors/codes.ts';
export type { KubeErrorCode } from './errors/codes.ts';
export { KubeError } from './errors/kube-error.ts';
export { ApiError, WatchExpiredError } from './errors/api-error.ts';
export type { StatusDetails } from './errors/api-error.ts';
export { fieldConflicts } from './errors/field-conflicts.ts';
export type { FieldConflict } from './errors/field-conflicts.ts';
export { AbortedError, ConfigError, TimeoutError, TransportError } from './errors/failures.ts';
export type { TransportPhase } from './errors/failures.ts';
export {
  isAborted,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isRetryable,
  isTimeout,
  isTooManyRequests,
  isUnauthorized,
  retryAfterMs,
} from './errors/predicates.ts';

export type { Clock } from './time/clock.ts';
export type { TlsMaterial } from './transport/connector.ts';

export type {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  Container,
  ContainerState,
  ContainerStatus,
  CoreEvent,
  DaemonSet,
  Deployment,
  EndpointSlice,
  EnvVar,
  Job,
  KubeObject,
  LabelSelector,
  Lease,
  Namespace,
  NetworkPolicy,
  Node,
  ObjectMeta,
  OwnerReference,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodCondition,
  PodSecurityContext,
  PodSpec,
  PodStatus,
  ResourceQuota,
  ResourceRequirements,
  Role,
  RoleBinding,
  Scale,
  Secret,
  SecurityContext,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  Service,
  ServiceAccount,
  StatefulSet,
  TokenRequest,
  TokenReview,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Volume,
  VolumeMount,
  Wire,
} from './resources/models.ts';
