/** JSON as far as patches go. */
type Json = Readonly<Record<string, unknown>>;

/** By which field the items of a list are the same item, as in Kubernetes' own strategic merge of a pod. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  ports: 'containerPort',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
};

/**
 * Lays a patch over an object: maps are merged, null removes, lists with a merge key are merged by it (items the patch
 * brings go to the end, `$patch: delete` removes one), other lists and values are replaced. Neither argument is changed.
 */
export const strategicMerge = (base: Json, patch: Json): Json => {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__') continue;
    if (value === null) Reflect.deleteProperty(merged, key);
    else if (value !== undefined)
      merged[key] = mergeValue(key, Object.hasOwn(base, key) ? base[key] : undefined, value);
  }
  return merged;
};

const mergeValue = (key: string, base: unknown, patch: unknown): unknown => {
  const mergeKey = mergeKeys[key];
  if (mergeKey !== undefined && isMapList(patch)) return mergeList(mergeKey, isMapList(base) ? base : [], patch);
  return isMap(patch) ? strategicMerge(isMap(base) ? base : {}, patch) : patch;
};

const mergeList = (mergeKey: string, base: readonly Json[], patch: readonly Json[]): Json[] =>
  patch.reduce<Json[]>(
    (list, item) => {
      const isSame = (other: Json): boolean => other[mergeKey] === item[mergeKey];
      if (item['$patch'] === 'delete') return list.filter((other) => !isSame(other));
      return list.some(isSame)
        ? list.map((other) => (isSame(other) ? strategicMerge(other, item) : other))
        : [...list, strategicMerge({}, item)];
    },
    [...base],
  );

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isMapList = (value: unknown): value is Json[] => Array.isArray(value) && value.every(isMap);
