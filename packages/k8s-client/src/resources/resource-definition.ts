import type * as models from './models.ts';
import type { KubeObject } from './models.ts';

/** Where a kind of object lives in the API. */
export type ResourceDefinition<T extends KubeObject = KubeObject> = {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never there at run time: ties the definition to its model. */
  readonly model?: T;
};

const define = <T extends KubeObject>(
  apiVersion: string,
  [kind, plural]: readonly [kind: string, plural: string],
  scope: 'namespaced' | 'cluster' = 'namespaced',
): ResourceDefinition<T> => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return Object.freeze({ group, version, kind, plural, namespaced: scope === 'namespaced' });
};

// Written down, because the inferred type would spell every model out in full, in each program that reads it.
type Definitions = {
  readonly pods: ResourceDefinition<models.Pod>;
  readonly namespaces: ResourceDefinition<models.Namespace>;
  readonly nodes: ResourceDefinition<models.Node>;
  readonly events: ResourceDefinition<models.CoreEvent>;
  readonly services: ResourceDefinition<models.Service>;
  readonly configMaps: ResourceDefinition<models.ConfigMap>;
  readonly secrets: ResourceDefinition<models.Secret>;
  readonly serviceAccounts: ResourceDefinition<models.ServiceAccount>;
  readonly persistentVolumeClaims: ResourceDefinition<models.PersistentVolumeClaim>;
  readonly persistentVolumes: ResourceDefinition<models.PersistentVolume>;
  readonly resourceQuotas: ResourceDefinition<models.ResourceQuota>;
  readonly deployments: ResourceDefinition<models.Deployment>;
  readonly daemonSets: ResourceDefinition<models.DaemonSet>;
  readonly statefulSets: ResourceDefinition<models.StatefulSet>;
  readonly jobs: ResourceDefinition<models.Job>;
  readonly endpointSlices: ResourceDefinition<models.EndpointSlice>;
  readonly leases: ResourceDefinition<models.Lease>;
  readonly roles: ResourceDefinition<models.Role>;
  readonly roleBindings: ResourceDefinition<models.RoleBinding>;
  readonly clusterRoles: ResourceDefinition<models.ClusterRole>;
  readonly clusterRoleBindings: ResourceDefinition<models.ClusterRoleBinding>;
  readonly networkPolicies: ResourceDefinition<models.NetworkPolicy>;
  readonly validatingAdmissionPolicies: ResourceDefinition<models.ValidatingAdmissionPolicy>;
  readonly validatingAdmissionPolicyBindings: ResourceDefinition<models.ValidatingAdmissionPolicyBinding>;
};

/** The kinds that have a method on the client. Any other kind: write its definition and use `client.resource()`. */
export const resources: Definitions = {
  pods: define<models.Pod>('v1', ['Pod', 'pods']),
  namespaces: define<models.Namespace>('v1', ['Namespace', 'namespaces'], 'cluster'),
  nodes: define<models.Node>('v1', ['Node', 'nodes'], 'cluster'),
  events: define<models.CoreEvent>('v1', ['Event', 'events']),
  services: define<models.Service>('v1', ['Service', 'services']),
  configMaps: define<models.ConfigMap>('v1', ['ConfigMap', 'configmaps']),
  secrets: define<models.Secret>('v1', ['Secret', 'secrets']),
  serviceAccounts: define<models.ServiceAccount>('v1', ['ServiceAccount', 'serviceaccounts']),
  persistentVolumeClaims: define<models.PersistentVolumeClaim>('v1', [
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
  ]),
  persistentVolumes: define<models.PersistentVolume>('v1', ['PersistentVolume', 'persistentvolumes'], 'cluster'),
  resourceQuotas: define<models.ResourceQuota>('v1', ['ResourceQuota', 'resourcequotas']),
  deployments: define<models.Deployment>('apps/v1', ['Deployment', 'deployments']),
  daemonSets: define<models.DaemonSet>('apps/v1', ['DaemonSet', 'daemonsets']),
  statefulSets: define<models.StatefulSet>('apps/v1', ['StatefulSet', 'statefulsets']),
  jobs: define<models.Job>('batch/v1', ['Job', 'jobs']),
  endpointSlices: define<models.EndpointSlice>('discovery.k8s.io/v1', ['EndpointSlice', 'endpointslices']),
  leases: define<models.Lease>('coordination.k8s.io/v1', ['Lease', 'leases']),
  roles: define<models.Role>('rbac.authorization.k8s.io/v1', ['Role', 'roles']),
  roleBindings: define<models.RoleBinding>('rbac.authorization.k8s.io/v1', ['RoleBinding', 'rolebindings']),
  clusterRoles: define<models.ClusterRole>('rbac.authorization.k8s.io/v1', ['ClusterRole', 'clusterroles'], 'cluster'),
  clusterRoleBindings: define<models.ClusterRoleBinding>(
    'rbac.authorization.k8s.io/v1',
    ['ClusterRoleBinding', 'clusterrolebindings'],
    'cluster',
  ),
  networkPolicies: define<models.NetworkPolicy>('networking.k8s.io/v1', ['NetworkPolicy', 'networkpolicies']),
  validatingAdmissionPolicies: define<models.ValidatingAdmissionPolicy>(
    'admissionregistration.k8s.io/v1',
    ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies'],
    'cluster',
  ),
  validatingAdmissionPolicyBindings: define<models.ValidatingAdmissionPolicyBinding>(
    'admissionregistration.k8s.io/v1',
    ['ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings'],
    'cluster',
  ),
};

/** `v1` or `apps/v1`. */
export const apiVersionOf = ({ group, version }: ResourceDefinition): string =>
  group === '' ? version : `${group}/${version}`;
