import type { Pipeline } from '@danube/contract';
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
  secrets: 'job-secrets',
  keptSecrets: 'job-secrets-kept',
} as const;

/** Room for a few generations of secrets; it counts as memory of the coordinator. */
const KEPT_SECRETS_SIZE = '8Mi';

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

/** The secrets that a pipeline declares, as files for the coordinator alone; the pod only names them. */
export const secretVolumes = ({ secrets = {} }: Pipeline): Volume[] => {
  const sources = Object.entries(secrets).map(([name, { secret, key }]) => ({
    secret: { name: secret, items: [{ key, path: name }] },
  }));
  if (sources.length === 0) return [];
  return [
    { name: volumes.secrets, projected: { defaultMode: 0o440, sources } },
    // In memory, as Secrets are: a coordinator that is started again hides what a Secret held before it was changed, too.
    { name: volumes.keptSecrets, emptyDir: { medium: 'Memory', sizeLimit: KEPT_SECRETS_SIZE } },
  ];
};

/** What both containers see. */
export const sharedMounts = (): VolumeMount[] => [
  { name: volumes.workspace, mountPath: paths.workspace },
  { name: volumes.control, mountPath: paths.control },
];

/** What only the coordinator sees: the job spec, its two tokens, and the secrets of the job. */
export const coordinatorMounts = (pipeline: Pipeline): VolumeMount[] => [
  { name: volumes.jobSpec, mountPath: posix.dirname(paths.jobSpec), readOnly: true },
  { name: volumes.apiAccess, mountPath: paths.serviceAccount, readOnly: true },
  { name: volumes.danubeToken, mountPath: posix.dirname(paths.danubeToken), readOnly: true },
  ...secretVolumes(pipeline).map(({ name }) =>
    name === volumes.secrets
      ? { name, mountPath: paths.secrets, readOnly: true }
      : { name, mountPath: paths.keptSecrets },
  ),
];
