import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../objects.ts';
import { mergeKeyOf, setLists } from './merge-keys.ts';

/**
 * One step of a field's path, written as in `FieldsV1`: `f:name` a field, `k:{"name":"x"}` the item of a list that has
 * this key, `v:"x"` a member of a set, `.` the item itself.
 */
export type FieldPath = readonly string[];

/** Fields as a set: the path as text to the path. */
export type FieldSet = ReadonlyMap<string, FieldPath>;

const idOf = (path: FieldPath): string => path.join('\u0001');

/** Metadata that belongs to the server and is never owned. */
const serverFields = new Set([
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
]);

const isOwned = (path: FieldPath): boolean =>
  path[0] !== 'f:apiVersion' &&
  path[0] !== 'f:kind' &&
  !(path[0] === 'f:metadata' && serverFields.has((path[1] ?? '').slice(2)));

function* leaves(value: unknown, path: FieldPath): Generator<FieldPath> {
  const field = (path.at(-1) ?? '').slice(2);
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value)) {
      if (child !== undefined) yield* leaves(child, [...path, `f:${key}`]);
    }
    return;
  }
  if (Array.isArray(value) && value.length > 0) {
    if (setLists.has(field)) {
      for (const member of value) yield [...path, `v:${JSON.stringify(member)}`];
      return;
    }
    const key = mergeKeyOf(field, value);
    if (key !== undefined) {
      for (const item of value as JsonObject[]) {
        const at = [...path, `k:${JSON.stringify({ [key]: item[key] })}`];
        yield [...at, '.'];
        yield* leaves(item, at);
      }
      return;
    }
  }
  yield path;
}

/** All fields that an object sets. */
export const fieldsOf = (object: unknown): FieldSet => {
  const set = new Map<string, FieldPath>();
  for (const path of leaves(object, [])) if (path.length > 0 && isOwned(path)) set.set(idOf(path), path);
  return set;
};

const matches = (step: string, item: unknown): boolean => {
  const wanted: unknown = JSON.parse(step.slice(2));
  if (step.startsWith('v:')) return isDeepStrictEqual(item, wanted);
  return (
    isObject(item) &&
    isObject(wanted) &&
    Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(item[key], value))
  );
};

/** The value of a field in an object; undefined when it is not there. */
export const valueAt = (object: unknown, path: FieldPath): unknown => {
  let value = object;
  for (const step of path) {
    if (step === '.') return value === undefined ? undefined : true;
    if (step.startsWith('f:')) value = isObject(value) ? value[step.slice(2)] : undefined;
    else value = Array.isArray(value) ? (value as unknown[]).find((item) => matches(step, item)) : undefined;
  }
  return value;
};

/** The object without a field. A parent that became empty goes too. */
export const withoutField = (value: unknown, [step, ...rest]: FieldPath): unknown => {
  if (step === undefined || step === '.') return undefined;
  if (step.startsWith('f:')) {
    if (!isObject(value)) return value;
    const key = step.slice(2);
    const child = withoutField(value[key], rest);
    const others = Object.entries(value).filter(([other]) => other !== key);
    const next = child === undefined ? others : Object.entries({ ...value, [key]: child });
    return next.length === 0 ? undefined : Object.fromEntries(next);
  }
  if (!Array.isArray(value)) return value;
  const items = (value as unknown[]).flatMap((item) => {
    if (!matches(step, item)) return [item];
    const left = withoutField(item, rest);
    return left === undefined ? [] : [left];
  });
  return items.length === 0 ? undefined : items;
};

/** A set as `fieldsV1` on the wire. */
export const encodeFields = (set: FieldSet): JsonObject => {
  const root: JsonObject = {};
  for (const path of set.values()) {
    let node = root;
    for (const step of path) node = (node[step] ??= {}) as JsonObject;
  }
  return root;
};

/** Reads `fieldsV1`. */
export const decodeFields = (fields: unknown): FieldSet => {
  const set = new Map<string, FieldPath>();
  const visit = (node: unknown, path: FieldPath): void => {
    const steps = isObject(node) ? Object.entries(node) : [];
    if (steps.length === 0 && path.length > 0) set.set(idOf(path), path);
    for (const [step, child] of steps) visit(child, [...path, step]);
  };
  visit(fields, []);
  return set;
};

/** A path as people read it: `.spec.containers[name="a"].image`. */
export const displayPath = (path: FieldPath): string =>
  path
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const pairs = Object.entries(JSON.parse(step.slice(2)) as JsonObject);
      return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
