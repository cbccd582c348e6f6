import { JOBS_NAMESPACE } from '@danube/contract/names';
import type { Namespace, ObjectMeta, Role, RoleBinding, ServiceAccount } from '@danube/k8s-client';
import { COORDINATOR_ACCOUNT } from '../pod/job-pod-options.ts';

/** Where job pods live, and as whom their coordinators act. */
export type CoordinatorAccount = {
  /** @default 'danube-jobs' */
  readonly namespace?: string;
  /** @default 'danube-coordinator' */
  readonly serviceAccountName?: string;
};

/** The account with every default filled in. */
export const normalizeAccount = (account: CoordinatorAccount): Required<CoordinatorAccount> => ({
  namespace: JOBS_NAMESPACE,
  serviceAccountName: COORDINATOR_ACCOUNT,
  ...account,
});

/** Labels of what is installed once, and not per job. */
export const installedLabels = {
  'app.kubernetes.io/name': 'danube-jobs',
  'app.kubernetes.io/part-of': 'danube',
  'app.kubernetes.io/managed-by': 'danube',
} as const;

/**
 * The namespace of job pods. Pod Security `restricted` is enforced: a job that may run as root needs a namespace of its
 * own with a lower level.
 */
export const jobsNamespace = (account: CoordinatorAccount = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: normalizeAccount(account).namespace,
    labels: {
      ...installedLabels,
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'latest',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
    },
  },
});

/**
 * What a coordinator may do: look at pods and exec into them, in the namespace of the jobs. RBAC cannot say "only into
 * your own": add {@link execPolicy}, or give each job its own account with {@link jobRbac}.
 */
export const coordinatorRbac = (account: CoordinatorAccount = {}): [ServiceAccount, Role, RoleBinding] => {
  const { namespace, serviceAccountName } = normalizeAccount(account);
  return accountWithRole({ name: serviceAccountName, namespace, labels: installedLabels });
};

/** A pod that exists, as {@link jobRbac} needs it. */
export type OwnedPod = { readonly name: string; readonly namespace: string; readonly uid?: string };

/**
 * The same for a single job, for clusters without ValidatingAdmissionPolicy (before 1.30): an account of its own whose
 * Role names the one pod. Apply it before the pod is created, with `serviceAccountName` set to the name of the pod; apply
 * it again with the `uid` afterwards, so that the cluster collects it with the pod.
 */
export const jobRbac = ({ name, namespace, uid }: OwnedPod): [ServiceAccount, Role, RoleBinding] =>
  accountWithRole(
    {
      name,
      namespace,
      labels: installedLabels,
      ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }] }),
    },
    [name],
  );

const accountWithRole = (
  metadata: ObjectMeta & { name: string; namespace: string },
  resourceNames?: string[],
): [ServiceAccount, Role, RoleBinding] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['get'], ...(resourceNames && { resourceNames }) },
      // Exec over WebSocket is a GET; servers from 1.35 on ask for `create` as well.
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'], ...(resourceNames && { resourceNames }) },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }],
  },
];
