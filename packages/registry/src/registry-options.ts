import { SYSTEM_NAMESPACE, JOBS_NAMESPACE } from './names.ts';

/** What of a registry can be chosen. Everything is optional. */
export type RegistryOptions = {
  /** @default 'danube-system' */
  readonly namespace?: string;
  /** A distribution image; pin it by digest in production. @default 'registry:3.1.1' */
  readonly image?: string;
  /** @default 'IfNotPresent' */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Size of the volume claim. The provisioner may not enforce it. @default '20Gi' */
  readonly storageSize?: string;
  /** Storage class of the claim. @default the cluster's default class */
  readonly storageClassName?: string;
  /** Keeps the images in an emptyDir: they are gone with the pod. For tests. @default false */
  readonly ephemeral?: boolean;
  /** Namespaces whose pods may push and pull. Pulls by nodes are host traffic and not concerned. @default the jobs' and its own */
  readonly clients?: readonly string[];
};

/** The options with every default filled in. */
export type NormalRegistryOptions = Required<Omit<RegistryOptions, 'storageClassName'>> &
  Pick<RegistryOptions, 'storageClassName'>;

/** The only place with defaults. */
export const normalizeRegistryOptions = (options: RegistryOptions): NormalRegistryOptions => {
  const namespace = options.namespace ?? SYSTEM_NAMESPACE;
  return {
    namespace,
    image: 'registry:3.1.1',
    imagePullPolicy: 'IfNotPresent',
    storageSize: '20Gi',
    ephemeral: false,
    clients: [JOBS_NAMESPACE, namespace],
    ...options,
  };
};
