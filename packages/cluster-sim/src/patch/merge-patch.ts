import { isObject, type JsonObject } from '../objects.ts';

/** Applies a JSON merge patch (RFC 7386): null removes, objects merge, all else replaces. The target is not changed. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = mergePatch(result[key], value);
  }
  return result;
};
