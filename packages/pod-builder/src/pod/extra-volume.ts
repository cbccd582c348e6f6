import type { Container, EnvVar, Volume, VolumeMount } from '@danube/k8s-client';

/** A volume beside the workspace, for one container. */
export type ExtraVolume = {
  /** Unique in the pod; at most 63 of `a-z0-9-`. */
  readonly name: string;
  readonly mountPath: string;
  /** @default 'worker' */
  readonly container?: 'coordinator' | 'worker';
  /** @default false */
  readonly readOnly?: boolean;
  /** A directory in the volume, mounted in place of the whole. */
  readonly subPath?: string;
  /** Where the data is. All of it must exist in the namespace. */
  readonly source: { readonly claim: string } | { readonly secret: string } | { readonly configMap: string };
};

/** An environment variable whose value is in a Secret. */
export type SecretEnv = {
  readonly name: string;
  readonly secret: string;
  readonly key: string;
  /** @default 'worker' */
  readonly container?: 'coordinator' | 'worker';
  /** The variable is left out when the key does not exist; otherwise the job ends as `ContainerConfigError`. @default false */
  readonly optional?: boolean;
};

/** The volume in the pod. */
export const extraVolume = ({ name, source }: ExtraVolume): Volume => {
  if ('claim' in source) return { name, persistentVolumeClaim: { claimName: source.claim } };
  if ('secret' in source) return { name, secret: { secretName: source.secret } };
  return { name, configMap: { name: source.configMap } };
};

/** A container with what was asked for it: mounts and variables come after its own. */
export const withExtras = (
  container: Container,
  { volumes, secretEnv }: { readonly volumes: readonly ExtraVolume[]; readonly secretEnv: readonly SecretEnv[] },
): Container => {
  const isFor = (extra: { readonly container?: string }): boolean => (extra.container ?? 'worker') === container.name;
  return {
    ...container,
    env: [...(container.env ?? []), ...secretEnv.filter(isFor).map(secretVariable)],
    volumeMounts: [...(container.volumeMounts ?? []), ...volumes.filter(isFor).map(extraMount)],
  };
};

const extraMount = ({ name, mountPath, readOnly, subPath }: ExtraVolume): VolumeMount => ({
  name,
  mountPath,
  ...(readOnly === undefined ? {} : { readOnly }),
  ...(subPath === undefined ? {} : { subPath }),
});

const secretVariable = ({ name, secret, key, optional }: SecretEnv): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key, ...(optional === undefined ? {} : { optional }) } },
});
