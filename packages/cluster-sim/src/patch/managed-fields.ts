import { isDeepStrictEqual } from 'node:util';
import { failures } from '../api/api-status.ts';
import { apiTime, omit, type JsonObject, type KubeObject, type ManagedFieldsEntry } from '../objects.ts';
import {
  decodeFields,
  displayPath,
  encodeFields,
  fieldsOf,
  valueAt,
  withoutField,
  type FieldPath,
  type FieldSet,
} from './field-set.ts';

/** Who writes, and through which door. */
export interface FieldManager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string | undefined;
  readonly now: Date;
}

interface Owner {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

const ownersOf = (object: KubeObject): Owner[] =>
  (object.metadata.managedFields ?? []).map((entry) => ({ entry, fields: decodeFields(entry.fieldsV1) }));

const isSame = ({ entry }: Owner, manager: FieldManager): boolean =>
  entry.manager === manager.name && entry.operation === manager.operation && entry.subresource === manager.subresource;

const keep = (fields: FieldSet, wanted: (path: FieldPath) => boolean): FieldSet =>
  new Map([...fields].filter(([, path]) => wanted(path)));

const withOwners = (object: KubeObject, owners: readonly Owner[]): KubeObject => {
  const managedFields = owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ entry, fields }) => ({ ...entry, fieldsV1: encodeFields(fields) }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
};

const newEntry = (object: KubeObject, manager: FieldManager): ManagedFieldsEntry => ({
  manager: manager.name,
  operation: manager.operation,
  apiVersion: object.apiVersion,
  time: apiTime(manager.now),
  fieldsType: 'FieldsV1',
  fieldsV1: {},
  ...(manager.subresource === undefined ? {} : { subresource: manager.subresource }),
});

const inScope = (path: FieldPath, { subresource }: FieldManager): boolean =>
  subresource !== 'status' || path[0] === 'f:status';

/**
 * The object with the fields that a write changed owned by its manager, and taken from whoever owned them before. Fields
 * that are gone are owned by nobody.
 */
export const trackUpdate = (next: KubeObject, previous: KubeObject | undefined, manager: FieldManager): KubeObject => {
  const changed = keep(
    fieldsOf(next),
    (path) => inScope(path, manager) && !isDeepStrictEqual(valueAt(next, path), valueAt(previous, path)),
  );
  const owners = previous === undefined ? [] : ownersOf(previous);
  const left = owners.map((owner) => {
    const own = isSame(owner, manager);
    const fields = keep(owner.fields, (path) => {
      const present = valueAt(next, path) !== undefined;
      return present && (own || !changed.has(path.join('\u0001')));
    });
    return own ? { entry: newEntry(next, manager), fields: new Map([...fields, ...changed]) } : { ...owner, fields };
  });
  const known = owners.some((owner) => isSame(owner, manager));
  return withOwners(next, known ? left : [...left, { entry: newEntry(next, manager), fields: changed }]);
};

/** What two states of an object must have in common to be the same. */
const timeless = (object: KubeObject): JsonObject => {
  const entries = (object.metadata.managedFields ?? []).map((entry) => JSON.stringify({ ...entry, time: '' }));
  return { ...object, metadata: { ...omit(object.metadata, 'resourceVersion'), managedFields: entries.sort() } };
};

/** What an apply does to an object: `merged` is the object with the applied fields in it, `previous` as it was. */
export interface ApplyInput {
  readonly applied: unknown;
  readonly merged: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly force: boolean;
}

/**
 * The outcome of a server-side apply: fields of the manager that it applies no longer are removed unless others own them,
 * and it owns exactly what it applied.
 * @throws ApiStatus 409 when it would change what another manager owns, unless it is forced.
 */
export const applyFields = ({ applied, merged, previous, force }: ApplyInput, manager: FieldManager): KubeObject => {
  const set = fieldsOf(applied);
  const owners = previous === undefined ? [] : ownersOf(previous);
  const others = owners.filter((owner) => !isSame(owner, manager));
  const isTaken = (path: FieldPath): boolean =>
    set.has(path.join('\u0001')) && !isDeepStrictEqual(valueAt(merged, path), valueAt(previous, path));
  if (!force) {
    const conflicts = others.flatMap(({ entry, fields }) =>
      [...fields.values()].filter(isTaken).map((path) => ({ entry, field: displayPath(path) })),
    );
    if (conflicts.length > 0) throw failures.applyConflict(conflicts);
  }
  const left = others.map((owner) => ({ ...owner, fields: keep(owner.fields, (path) => !isTaken(path)) }));
  const before = owners.find((owner) => isSame(owner, manager))?.fields ?? new Map<string, FieldPath>();
  let result = merged;
  for (const [id, path] of before) {
    const stays =
      set.has(id) ||
      left.some(({ fields }) => [...fields.keys()].some((other) => other.startsWith(id.replace(/\.$/, ''))));
    if (!stays) result = withoutField(result, path) as KubeObject;
  }
  const outcome = withOwners(result, [...left, { entry: newEntry(merged, manager), fields: set }]);
  // The time of an apply that changed nothing is not told, so that it makes no new version.
  return previous !== undefined && isDeepStrictEqual(timeless(outcome), timeless(previous)) ? previous : outcome;
};
