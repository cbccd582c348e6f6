import { JOBS_NAMESPACE, SYSTEM_NAMESPACE } from './names.ts';

/** Where the images are kept. */
export type RegistryStorage =
  /** A claim of its own. The provisioner may not enforce the size. */
  | {
      readonly type: 'claim';
      /** @default '20Gi' */
      readonly size?: string;
      /** @default the cluster's default class */
      readonly storageClassName?: string;
    }
  /** A claim that is there already, and is never deleted. */
  | { readonly type: 'existing-claim'; readonly claim: string }
  /**
   * A directory of one node, as a volume that is pinned to it: the data outlive the claim and the namespace. An init
   * container makes the directory the registry's, which Pod Security `baseline` allows and `restricted` does not.
   */
  | {
      readonly type: 'node';
      /** The node's `kubernetes.io/hostname`. */
      readonly node: string;
      /** @default '/var/lib/danube/registry' */
      readonly path?: string;
      /** @default '20Gi' */
      readonly size?: string;
    }
  /** An emptyDir: the images are gone with the pod. For tests. */
  | { readonly type: 'ephemeral'; readonly sizeLimit?: string };

/** What of a registry can be chosen. Everything is optional. */
export type RegistryOptions = {
  /** @default 'danube-system' */
  readonly namespace?: string | undefined;
  /** A distribution image; pin it by digest in production. @default 'registry:3.1.1' */
  readonly image?: string | undefined;
  /** @default 'IfNotPresent' */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  /** @default a claim of 20Gi */
  readonly storage?: RegistryStorage | undefined;
  /** Namespaces whose pods may push and pull. Pulls by nodes are host traffic and not concerned. @default the jobs' and its own */
  readonly clients?: readonly string[] | undefined;
  /** How long uploads may go on when the registry is told to end, in seconds. @default 25 */
  readonly drainSeconds?: number | undefined;
  readonly priorityClassName?: string | undefined;
};

/** The storage with every default filled in. */
export type NormalStorage =
  | { readonly type: 'claim'; readonly size: string; readonly storageClassName: string | undefined }
  | { readonly type: 'existing-claim'; readonly claim: string }
  | { readonly type: 'node'; readonly node: string; readonly path: string; readonly size: string }
  | { readonly type: 'ephemeral'; readonly sizeLimit: string | undefined };

/** The options with every default filled in. */
export type NormalRegistryOptions = {
  readonly namespace: string;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly storage: NormalStorage;
  readonly clients: readonly string[];
  readonly drainSeconds: number;
  readonly priorityClassName: string | undefined;
};

const SIZE = '20Gi';

/** The only place with defaults. @throws TypeError naming the option */
export const normalizeRegistryOptions = (options: RegistryOptions): NormalRegistryOptions => {
  const namespace = label(options.namespace ?? SYSTEM_NAMESPACE, 'namespace');
  const clients = options.clients ?? [JOBS_NAMESPACE, namespace];
  return {
    namespace,
    image: match(options.image ?? 'registry:3.1.1', { field: 'image', pattern: /^[^\s:@][^\s]*$/, want: 'an image' }),
    imagePullPolicy: match(options.imagePullPolicy ?? 'IfNotPresent', {
      field: 'imagePullPolicy',
      pattern: /^(Always|IfNotPresent|Never)$/,
      want: 'Always, IfNotPresent or Never',
    }),
    storage: normalStorage(options.storage ?? { type: 'claim' }),
    clients: clients.map((client, index) => label(client, `clients[${index}]`)),
    drainSeconds: seconds(options.drainSeconds ?? 25, 'drainSeconds'),
    priorityClassName:
      options.priorityClassName === undefined ? undefined : subdomain(options.priorityClassName, 'priorityClassName'),
  };
};

const normalStorage = (storage: RegistryStorage): NormalStorage => {
  switch (storage.type) {
    case 'claim': {
      const { size = SIZE, storageClassName: name } = storage;
      const storageClassName = name === undefined || name === '' ? name : subdomain(name, 'storage.storageClassName');
      return { type: 'claim', size: quantity(size, 'storage.size'), storageClassName };
    }
    case 'existing-claim':
      return { type: 'existing-claim', claim: subdomain(storage.claim, 'storage.claim') };
    case 'node': {
      const { node, path = '/var/lib/danube/registry', size = SIZE } = storage;
      return {
        type: 'node',
        node: subdomain(node, 'storage.node'),
        path: match(path, {
          field: 'storage.path',
          pattern: /^(?!.*\/\.\.?(\/|$))(\/[^/\s]+)+$/,
          want: 'an absolute path without . and ..',
        }),
        size: quantity(size, 'storage.size'),
      };
    }
    case 'ephemeral': {
      const { sizeLimit } = storage;
      return {
        type: 'ephemeral',
        sizeLimit: sizeLimit === undefined ? undefined : quantity(sizeLimit, 'storage.sizeLimit'),
      };
    }
    default:
      throw new TypeError(
        `storage.type: expected claim, existing-claim, node or ephemeral, got ${JSON.stringify((storage as { type: unknown }).type)}`,
      );
  }
};

type Shape = { readonly field: string; readonly pattern: RegExp; readonly want: string };

const match = <T extends string>(value: T, { field, pattern, want }: Shape): T => {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new TypeError(`${field}: expected ${want}, got ${JSON.stringify(value)}`);
};

const label = (value: string, field: string): string =>
  match(value, { field, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, want: 'a DNS label' });

const subdomain = (value: string, field: string): string =>
  match(value, { field, pattern: /^(?=.{1,253}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, want: 'a DNS name' });

const quantity = (value: string, field: string): string =>
  match(value, { field, pattern: /^[1-9][0-9]*(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?$/, want: 'a size such as 20Gi' });

const seconds = (value: number, field: string): number => {
  if (Number.isInteger(value) && value >= 1 && value <= 3600) return value;
  throw new TypeError(`${field}: expected a whole number from 1 to 3600, got ${JSON.stringify(value)}`);
};
