import { asString, isObject, omit, type JsonObject } from '../objects.ts';
import { mergeKeyOf, setLists } from './merge-keys.ts';

const without = (list: readonly unknown[], key: string, value: unknown): unknown[] =>
  list.filter((item) => !isObject(item) || item[key] !== value);

const mergeList = (current: unknown, patch: readonly unknown[], field: string): unknown => {
  const base = Array.isArray(current) ? (current as readonly unknown[]) : [];
  if (setLists.has(field)) return [...new Set([...base, ...patch])];
  const directives = patch.filter((item) => isObject(item) && item['$patch'] === 'replace');
  const items = patch.filter((item) => !directives.includes(item));
  const key = mergeKeyOf(field, items);
  if (directives.length > 0 || key === undefined) return items.map((item) => strategicPatch(undefined, item));
  return items.reduce<readonly unknown[]>((list, item) => {
    const entry = item as JsonObject;
    if (entry['$patch'] === 'delete') return without(list, key, entry[key]);
    const index = list.findIndex((other) => isObject(other) && other[key] === entry[key]);
    const merged = strategicPatch(list[index], entry);
    return index < 0 ? [...list, merged] : list.with(index, merged);
  }, base);
};

/**
 * Applies a strategic merge patch, as far as clients use it: merge keys of the usual lists, `$patch: delete|replace`,
 * `$deleteFromPrimitiveList/…`, `$setElementOrder/…` (ignored), `$retainKeys` (ignored). The target is not changed.
 */
export const strategicPatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return omit(patch, '$patch');
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$setElementOrder/') || key === '$retainKeys' || key === '$patch') continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice('$deleteFromPrimitiveList/'.length);
      const removed = new Set(Array.isArray(value) ? value.map(asString) : []);
      const list: unknown = result[field];
      if (Array.isArray(list)) result[field] = list.filter((item) => !removed.has(asString(item)));
    } else if (value === null) Reflect.deleteProperty(result, key);
    else if (Array.isArray(value)) result[key] = mergeList(result[key], value, key);
    else result[key] = strategicPatch(result[key], value);
  }
  return result;
};
