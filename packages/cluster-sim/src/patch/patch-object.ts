import { failures } from '../api/api-status.ts';
import { apiVersionOf } from '../api/kinds.ts';
import { asObject, isObject, omit, type JsonObject, type KubeObject } from '../objects.ts';
import type { ObjectAddress, ObjectApi } from '../store/object-api.ts';
import { jsonPatch } from './json-patch.ts';
import { applyFields, type FieldManager } from './managed-fields.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicPatch } from './strategic-patch.ts';

/** A patch as it came. */
export interface PatchRequest {
  readonly contentType: string;
  readonly body: unknown;
  readonly dryRun: boolean;
  readonly subresource: string | undefined;
  readonly manager: FieldManager;
  /** For apply: takes fields from other managers. */
  readonly force: boolean;
}

/** Content type of server-side apply. */
export const APPLY = 'application/apply-patch+yaml';

type Patcher = (target: unknown, patch: unknown) => unknown;

const patchers: Readonly<Record<string, Patcher>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': mergePatch,
  'application/strategic-merge-patch+json': strategicPatch,
};
/** The parts of an object that its metadata in a patch may not fake. */
const withoutVersion = (object: KubeObject): JsonObject => ({
  ...object,
  metadata: omit(object.metadata, 'resourceVersion'),
});

/**
 * Applies a patch of any of the four kinds. A patch that names a resourceVersion holds only for that one.
 * @throws ApiStatus 415 for another content type, 404 without the object (apply creates it), 409, 422.
 */
export const patchObject = (
  objects: ObjectApi,
  address: ObjectAddress,
  patch: PatchRequest,
): { object: KubeObject; created: boolean } => {
  const { dryRun, subresource, manager } = patch;
  const options = { dryRun, ...(subresource === undefined ? {} : { subresource }) };
  if (patch.contentType === APPLY) return applyObject(objects, address, patch);
  const patcher = patchers[patch.contentType];
  // nothing tells the server by which keys the lists of a custom kind are merged
  if (patcher === undefined || (patcher === strategicPatch && address.kind.custom === true))
    throw failures.unsupportedMediaType([...Object.keys(patchers), APPLY]);
  const patched = patcher(withoutVersion(objects.get(address)), patch.body);
  if (!isObject(patched)) throw failures.badRequest('the patch leaves no object');
  return { object: objects.replace(address, patched, { ...options, manager }), created: false };
};

const applyObject = (
  objects: ObjectApi,
  address: ObjectAddress,
  { body, dryRun, subresource, manager, force }: PatchRequest,
): { object: KubeObject; created: boolean } => {
  const { kind, namespace, name } = address;
  if (!isObject(body)) throw failures.badRequest('an apply patch is an object');
  if (isObject(body['metadata']) && Array.isArray(body['metadata']['managedFields'])) {
    throw failures.badRequest('metadata.managedFields must be nil');
  }
  if (manager.name === '') {
    const field = 'fieldManager';
    const message = 'Required value: is required for apply patch';
    const ref = { group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions', name: '' };
    throw failures.invalid(ref, [{ reason: 'FieldValueRequired', message, field }]);
  }
  const options = { dryRun, ownedFields: true, ...(subresource === undefined ? {} : { subresource }) };
  const previous = objects.store.get(kind, namespace, name);
  const named = { ...body, metadata: { ...asObject(body['metadata']), name } };
  if (previous === undefined) {
    const fresh = { ...named, apiVersion: apiVersionOf(kind), kind: kind.kind } as unknown as KubeObject;
    const object = applyFields({ applied: body, merged: fresh, previous, force }, manager);
    return { object: objects.create({ kind, namespace }, object, options), created: true };
  }
  const merged = strategicPatch(withoutVersion(previous), named) as KubeObject;
  const object = applyFields({ applied: body, merged, previous, force }, manager);
  return { object: objects.replace(address, object, options), created: false };
};
