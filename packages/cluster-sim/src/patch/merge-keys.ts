import { isObject } from '../objects.ts';

/**
 * Lists that are merged item by item, and the field that tells the items apart (the `patchMergeKey` and `listMapKey` tags
 * of k8s.io/api). All other lists are replaced as a whole.
 */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  secrets: ['name'],
  addresses: ['type'],
  taints: ['key'],
  topologySpreadConstraints: ['topologyKey'],
};

/** Lists that are sets: a patch adds members. */
export const setLists: ReadonlySet<string> = new Set(['finalizers']);

/** The field that tells the items of a list apart, when the list is merged item by item and all its items have it. */
export const mergeKeyOf = (field: string, items: readonly unknown[]): string | undefined =>
  mergeKeys[field]?.find((key) => items.every((item) => isObject(item) && key in item));
