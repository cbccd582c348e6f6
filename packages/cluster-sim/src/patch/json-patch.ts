import { isDeepStrictEqual } from 'node:util';
import { failures } from '../api/api-status.ts';
import { asString, isObject, omit } from '../objects.ts';

const fail = (why: string): never => {
  throw failures.badRequest(`the server rejected our request due to an error in our request: ${why}`);
};

const segmentsOf = (pointer: string): string[] => {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) fail(`invalid JSON pointer "${pointer}"`);
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const read = (target: unknown, pointer: string): unknown =>
  segmentsOf(pointer).reduce<unknown>((value, key) => {
    if (Array.isArray(value) && /^[0-9]+$/.test(key) && Number(key) < value.length)
      return value[Number(key)] as unknown;
    if (isObject(value) && key in value) return value[key];
    return fail(`path "${pointer}" does not exist`);
  }, target);

type Edit = { readonly op: 'add' | 'replace'; readonly value: unknown } | { readonly op: 'remove' };

const editArray = (list: readonly unknown[], key: string, edit: Edit): unknown[] => {
  const index = key === '-' ? list.length : Number(key);
  const limit = edit.op === 'add' ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > limit) fail(`index "${key}" is out of range`);
  if (edit.op === 'remove') return list.toSpliced(index, 1);
  return list.toSpliced(index, edit.op === 'add' ? 0 : 1, edit.value);
};

const write = (target: unknown, [key, ...rest]: readonly string[], edit: Edit): unknown => {
  if (key === undefined) return edit.op === 'remove' ? undefined : edit.value;
  if (Array.isArray(target)) {
    if (rest.length === 0) return editArray(target, key, edit);
    return editArray(target, key, { op: 'replace', value: write(target[Number(key)], rest, edit) });
  }
  if (!isObject(target)) return fail(`"${key}" has no parent`);
  if (rest.length > 0) {
    if (!(key in target)) fail(`"${key}" does not exist`);
    return { ...target, [key]: write(target[key], rest, edit) };
  }
  if (edit.op !== 'add' && !(key in target)) fail(`"${key}" does not exist`);
  if (edit.op !== 'remove') return { ...target, [key]: edit.value };
  return omit(target, key);
};

/**
 * Applies a JSON patch (RFC 6902). The target is not changed.
 * @throws ApiStatus 400 for what is not a patch or points nowhere, 422 when a `test` fails.
 */
export const jsonPatch = (target: unknown, patch: unknown): unknown => {
  if (!Array.isArray(patch)) return fail('a JSON patch is an array');
  return patch.reduce<unknown>((value, entry: unknown) => {
    const operation = isObject(entry) ? entry : {};
    const path = asString(operation['path']);
    const from = asString(operation['from']);
    const segments = segmentsOf(path);
    switch (operation['op']) {
      case 'add':
      case 'replace':
        return write(value, segments, { op: operation['op'], value: operation['value'] });
      case 'remove':
        return write(value, segments, { op: 'remove' });
      case 'move':
        return write(write(value, segmentsOf(from), { op: 'remove' }), segments, {
          op: 'add',
          value: read(value, from),
        });
      case 'copy':
        return write(value, segments, { op: 'add', value: read(value, from) });
      case 'test':
        if (isDeepStrictEqual(read(value, path), operation['value'])) return value;
        throw failures.jsonPatchTest(path);
      default:
        return fail(`unknown operation "${asString(operation['op'])}"`);
    }
  }, target);
};
