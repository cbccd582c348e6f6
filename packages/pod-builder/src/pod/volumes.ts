import { JOB_SPEC_ANNOTATION, paths, TOKEN_AUDIENCE } from '@danube/contract/names';
import type { Volume, VolumeMount } from '@danube/k8s-client';
import { posix } from 'node:path';
import type { NormalJobPodOptions } from './job-pod-options.ts';

/** Names of the volumes of every job pod. */
export const volumes = {
  workspace: 'workspace',
  control: 'control',
  jobSpec: 'job-spec',
  apiAccess: 'kube-api-access',
  danubeToken: 'danube-token',
} as const;

type VolumeOptions = Pick<NormalJobPodOptions, 'workspaceSize' | 'workspaceMedium' | 'controlSize'>;

/** The volumes every job pod has. `control` lies apart from the workspace, so that no step finds it by accident. */
export const baseVolumes = (options: VolumeOptions): Volume[] => [
  {
    name: volumes.workspace,
    emptyDir: {
      ...(options.workspaceMedium === undefined ? {} : { medium: options.workspaceMedium }),
      sizeLimit: options.workspaceSize,
    },
  },
  { name: volumes.control, emptyDir: { sizeLimit: options.controlSize } },
  {
    name: volumes.jobSpec,
    downwardAPI: {
      items: [
        {
          path: posix.basename(paths.jobSpec),
          fieldRef: { fieldPath: `metadata.annotations['${JOB_SPEC_ANNOTATION}']` },
        },
      ],
    },
  },
  {
    // What the kubelet would mount into every container by itself; here only the coordinator gets it.
    name: volumes.apiAccess,
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  },
  {
    name: volumes.danubeToken,
    projected: {
      sources: [
        {
          serviceAccountToken: {
            audience: TOKEN_AUDIENCE,
            path: posix.basename(paths.danubeToken),
            expirationSeconds: 3600,
          },
        },
      ],
    },
  },
];

/** What both containers see. */
export const sharedMounts = (): VolumeMount[] => [
  { name: volumes.workspace, mountPath: paths.workspace },
  { name: volumes.control, mountPath: paths.control },
];

/** What only the coordinator sees: the job spec and its two tokens. */
export const coordinatorMounts = (): VolumeMount[] => [
  { name: volumes.jobSpec, mountPath: posix.dirname(paths.jobSpec), readOnly: true },
  { name: volumes.apiAccess, mountPath: paths.serviceAccount, readOnly: true },
  { name: volumes.danubeToken, mountPath: posix.dirname(paths.danubeToken), readOnly: true },
];
