import { failures } from '../api/api-status.ts';
import { isObject, omit, type JsonObject, type KubeObject } from '../objects.ts';
import type { ObjectAddress, ObjectApi } from '../store/object-api.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicPatch } from './strategic-patch.ts';

/** A patch as it came. */
export interface PatchRequest {
  readonly contentType: string;
  readonly body: unknown;
  readonly query: URLSearchParams;
  readonly subresource: string | undefined;
  readonly now: Date;
}

type Patcher = (target: unknown, patch: unknown) => unknown;

const patchers: Readonly<Record<string, Patcher>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': mergePatch,
  'application/strategic-merge-patch+json': strategicPatch,
};
const APPLY = 'application/apply-patch+yaml';

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
  const dryRun = patch.query.has('dryRun');
  const options = { dryRun, ...(patch.subresource === undefined ? {} : { subresource: patch.subresource }) };
  if (patch.contentType === APPLY) {
    const current = objects.store.get(address.kind, address.namespace, address.name);
    const body = isObject(patch.body) ? patch.body : {};
    if (current === undefined) return { object: objects.create(address, body, options), created: true };
    const merged = strategicPatch(withoutVersion(current), body);
    return { object: objects.replace(address, merged as JsonObject, options), created: false };
  }
  const patcher = patchers[patch.contentType];
  if (patcher === undefined) throw failures.unsupportedMediaType([...Object.keys(patchers), APPLY]);
  const patched = patcher(withoutVersion(objects.get(address)), patch.body);
  if (!isObject(patched)) throw failures.badRequest('the patch leaves no object');
  return { object: objects.replace(address, patched, options), created: false };
};
