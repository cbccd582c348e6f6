/** One kind of object that the server stores. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** Subresources beside the object itself, e.g. `status` or `log`. */
  readonly subresources: readonly string[];
  /** True for a kind that a CustomResourceDefinition defines. */
  readonly custom?: boolean;
}

type Row = readonly [kind: string, plural: string, namespaced: 0 | 1, shortNames?: string, subresources?: string];

const groups: Readonly<Record<string, readonly Row[]>> = {
  '/v1': [
    ['Binding', 'bindings', 1],
    ['ConfigMap', 'configmaps', 1, 'cm'],
    ['Endpoints', 'endpoints', 1, 'ep'],
    ['Event', 'events', 1, 'ev'],
    ['LimitRange', 'limitranges', 1, 'limits'],
    ['Namespace', 'namespaces', 0, 'ns', 'status finalize'],
    ['Node', 'nodes', 0, 'no', 'status'],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', 1, 'pvc', 'status'],
    ['PersistentVolume', 'persistentvolumes', 0, 'pv', 'status'],
    ['Pod', 'pods', 1, 'po', 'status log exec attach binding eviction ephemeralcontainers resize'],
    ['ReplicationController', 'replicationcontrollers', 1, 'rc', 'status scale'],
    ['ResourceQuota', 'resourcequotas', 1, 'quota', 'status'],
    ['Secret', 'secrets', 1],
    ['ServiceAccount', 'serviceaccounts', 1, 'sa', 'token'],
    ['Service', 'services', 1, 'svc', 'status'],
  ],
  'admissionregistration.k8s.io/v1': [
    ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', 0],
    ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', 0],
    ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies', 0, '', 'status'],
    ['ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', 0],
  ],
  'apiextensions.k8s.io/v1': [['CustomResourceDefinition', 'customresourcedefinitions', 0, 'crd crds', 'status']],
  'apps/v1': [
    ['ControllerRevision', 'controllerrevisions', 1],
    ['DaemonSet', 'daemonsets', 1, 'ds', 'status'],
    ['Deployment', 'deployments', 1, 'deploy', 'status scale'],
    ['ReplicaSet', 'replicasets', 1, 'rs', 'status scale'],
    ['StatefulSet', 'statefulsets', 1, 'sts', 'status scale'],
  ],
  'authentication.k8s.io/v1': [
    ['TokenReview', 'tokenreviews', 0],
    ['SelfSubjectReview', 'selfsubjectreviews', 0],
  ],
  'authorization.k8s.io/v1': [
    ['SelfSubjectAccessReview', 'selfsubjectaccessreviews', 0],
    ['SelfSubjectRulesReview', 'selfsubjectrulesreviews', 0],
    ['SubjectAccessReview', 'subjectaccessreviews', 0],
    ['LocalSubjectAccessReview', 'localsubjectaccessreviews', 1],
  ],
  'autoscaling/v2': [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', 1, 'hpa', 'status']],
  'batch/v1': [
    ['CronJob', 'cronjobs', 1, 'cj', 'status'],
    ['Job', 'jobs', 1, '', 'status'],
  ],
  'coordination.k8s.io/v1': [['Lease', 'leases', 1]],
  'discovery.k8s.io/v1': [['EndpointSlice', 'endpointslices', 1]],
  'events.k8s.io/v1': [['Event', 'events', 1, 'ev']],
  'networking.k8s.io/v1': [
    ['IngressClass', 'ingressclasses', 0],
    ['Ingress', 'ingresses', 1, 'ing', 'status'],
    ['NetworkPolicy', 'networkpolicies', 1, 'netpol'],
  ],
  'node.k8s.io/v1': [['RuntimeClass', 'runtimeclasses', 0]],
  'policy/v1': [['PodDisruptionBudget', 'poddisruptionbudgets', 1, 'pdb', 'status']],
  'rbac.authorization.k8s.io/v1': [
    ['ClusterRoleBinding', 'clusterrolebindings', 0],
    ['ClusterRole', 'clusterroles', 0],
    ['RoleBinding', 'rolebindings', 1],
    ['Role', 'roles', 1],
  ],
  'scheduling.k8s.io/v1': [['PriorityClass', 'priorityclasses', 0, 'pc']],
  'storage.k8s.io/v1': [
    ['CSIDriver', 'csidrivers', 0],
    ['CSINode', 'csinodes', 0],
    ['StorageClass', 'storageclasses', 0, 'sc'],
    ['VolumeAttachment', 'volumeattachments', 0, '', 'status'],
  ],
};

const words = (text: string | undefined): string[] => (text ?? '').split(' ').filter((word) => word !== '');

/** Every kind of Kubernetes that the server knows. */
export const kinds: readonly ResourceKind[] = Object.entries(groups).flatMap(([groupVersion, rows]) => {
  const [group = '', version = ''] = groupVersion.split('/');
  return rows.map(([kind, plural, namespaced, shortNames, subresources]) => ({
    group,
    version,
    kind,
    plural,
    namespaced: namespaced === 1,
    shortNames: words(shortNames),
    subresources: words(subresources),
  }));
});

const builtIn = (group: string, plural: string): ResourceKind => {
  const found = kinds.find((kind) => kind.group === group && kind.plural === plural);
  if (found === undefined) throw new TypeError(`no kind ${plural} in group "${group}"`);
  return found;
};

/** The kinds that the simulator itself works with. */
export const known = {
  pods: builtIn('', 'pods'),
  namespaces: builtIn('', 'namespaces'),
  nodes: builtIn('', 'nodes'),
  events: builtIn('', 'events'),
  secrets: builtIn('', 'secrets'),
  configMaps: builtIn('', 'configmaps'),
  serviceAccounts: builtIn('', 'serviceaccounts'),
  services: builtIn('', 'services'),
  resourceQuotas: builtIn('', 'resourcequotas'),
  disruptionBudgets: builtIn('policy', 'poddisruptionbudgets'),
  customResourceDefinitions: builtIn('apiextensions.k8s.io', 'customresourcedefinitions'),
} as const;

const RBAC = 'rbac.authorization.k8s.io';

/** The kinds that say who may do what. */
export const rbacKinds = {
  roles: builtIn(RBAC, 'roles'),
  clusterRoles: builtIn(RBAC, 'clusterroles'),
  roleBindings: builtIn(RBAC, 'rolebindings'),
  clusterRoleBindings: builtIn(RBAC, 'clusterrolebindings'),
} as const;

/** `apiVersion` of objects of a kind. */
export const apiVersionOf = (kind: Pick<ResourceKind, 'group' | 'version'>): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
