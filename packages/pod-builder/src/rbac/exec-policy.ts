import { containers } from '@danube/contract/names';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@danube/k8s-client';
import { type CoordinatorAccount, installedLabels, normalizeAccount } from './coordinator-rbac.ts';

/** Name of the policy and of its binding: they are cluster-wide, and each namespace of jobs has its own. */
export const execPolicyName = (namespace: string): string => `danube-exec-${namespace}`;

/** What a denied coordinator is told; `probeExecFence` knows the policy by it. */
export const EXEC_POLICY_MESSAGE = 'a coordinator may exec only into the worker of its own pod';

const podNameClaim = 'authentication.kubernetes.io/pod-name';

/**
 * Lets a coordinator exec only into the worker of its own pod. The API server knows the pod by the token: the kubelet
 * binds projected tokens to their pod, and a token without such a claim is denied. Cluster-wide objects, so installing
 * them takes a cluster admin; Kubernetes 1.30 or later.
 */
export const execPolicy = (
  account: CoordinatorAccount = {},
): [ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding] => {
  const { namespace, serviceAccountName } = normalizeAccount(account);
  const metadata = { name: execPolicyName(namespace), labels: installedLabels };
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CONNECT'],
              resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy'],
            },
          ],
        },
        matchConditions: [
          {
            name: 'coordinators-only',
            expression: `request.userInfo.username == 'system:serviceaccount:${namespace}:${serviceAccountName}'`,
          },
        ],
        validations: [
          {
            expression: "request.subResource == 'exec'",
            message: 'a coordinator may use only pods/exec',
            reason: 'Forbidden',
          },
          {
            expression:
              `request.namespace == '${namespace}' && has(request.userInfo.extra) && ` +
              `'${podNameClaim}' in request.userInfo.extra && ` +
              `request.userInfo.extra['${podNameClaim}'][0] == request.name`,
            message: EXEC_POLICY_MESSAGE,
            reason: 'Forbidden',
          },
          {
            expression: `object.container == '${containers.worker}'`,
            message: EXEC_POLICY_MESSAGE,
            reason: 'Forbidden',
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ];
};
