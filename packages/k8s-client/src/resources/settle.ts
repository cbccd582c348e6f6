import { nodeCrypto, nodeUtil } from '../builtin.ts';
import { ApiError } from '../errors/api-error.ts';
import { KubeError } from '../errors/kube-error.ts';
import { isNotFound } from '../errors/predicates.ts';
import type { Settlement } from '../retry/with-retries.ts';
import type { KubeObject } from './models.ts';

/** Annotation by which a client knows an object that it created itself. */
const CREATE_ID_ANNOTATION = 'danube.dev/create-id';

/** The object with the mark by which {@link settleCreate} knows it. */
export const withCreateId = <T extends KubeObject>(object: T, id: string): T => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, [CREATE_ID_ANNOTATION]: id } },
});

/** A value of that annotation that no other create has. */
export const newCreateId = (): string => nodeCrypto().randomUUID();

type Read<T> = () => Promise<T>;

/**
 * What became of a create: the object carries our id, or it is not there (send again), or it is somebody else's.
 * One that is being deleted is waited for by sending again.
 */
export const settleCreate = async <T extends KubeObject>(
  read: Read<T>,
  createId: string,
  error: KubeError,
): Promise<Settlement<T>> => {
  const found = await readOrNothing(read);
  if (found === undefined) return { applied: false };
  if (found.metadata?.annotations?.[CREATE_ID_ANNOTATION] === createId) return { applied: true, result: found };
  if (found.metadata?.deletionTimestamp !== undefined) return { applied: false };
  throw new KubeError('NameConflict', { request: error.request, cause: error });
};

/** What became of an update that was to happen on one resource version only. */
export const settleUpdate = async <T extends KubeObject>(
  read: Read<T>,
  { resourceVersion, isApplied }: { readonly resourceVersion: string; readonly isApplied: (found: T) => boolean },
  error: KubeError,
): Promise<Settlement<T>> => {
  const found = await read();
  if (found.metadata?.resourceVersion === resourceVersion) return { applied: false };
  if (isApplied(found)) return { applied: true, result: found };
  if (error instanceof ApiError && error.status === 409) throw error;
  throw new ApiError('Conflict', {
    status: 409,
    request: error.request,
    cause: error,
    detail: 'the answer was lost, and the object is now neither what it was nor what was sent',
  });
};

/** A delete that names the uid is done when there is no such object, or one with another uid. */
export const settleDelete = async (
  read: Read<KubeObject>,
  uid: string,
  error: KubeError,
): Promise<Settlement<undefined>> => {
  if (isNotFound(error)) return { applied: true, result: undefined };
  const found = await readOrNothing(read);
  const gone = found === undefined || found.metadata?.uid !== uid || found.metadata.deletionTimestamp !== undefined;
  return gone ? { applied: true, result: undefined } : { applied: false };
};

const readOrNothing = async <T>(read: Read<T>): Promise<T | undefined> => {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/** Whether an object is what was sent with a replace, but for what the server writes itself. */
export const isReplacedBy = (found: KubeObject, sent: KubeObject): boolean =>
  nodeUtil().isDeepStrictEqual(ours(found), ours(sent));

/** Whether an object has the status that was sent. */
export const hasStatusOf = (found: KubeObject, sent: KubeObject): boolean => {
  const status = (object: KubeObject): unknown => (object as { readonly status?: unknown }).status;
  return nodeUtil().isDeepStrictEqual(plain(status(found)), plain(status(sent)));
};

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

const ours = ({ metadata, ...object }: KubeObject): unknown => {
  const { name, labels, annotations, finalizers, ownerReferences } = metadata ?? {};
  const rest: Record<string, unknown> = { ...object };
  delete rest['status'];
  return plain({
    ...rest,
    metadata: { name, labels: labels ?? {}, annotations: annotations ?? {}, finalizers, ownerReferences },
  });
};

/** Whether a merge patch (RFC 7386) would change nothing. */
export const isMergedBy = (found: KubeObject, patch: KubeObject): boolean => {
  const metadata: KubeObject['metadata'] = { ...patch.metadata };
  // The version was the condition of the patch, and is another one once it is applied.
  delete metadata.resourceVersion;
  return isMerged(found, { ...patch, metadata });
};

const isMerged = (found: unknown, patch: unknown): boolean => {
  if (patch === null) return found === undefined || found === null;
  if (typeof patch !== 'object' || Array.isArray(patch)) return nodeUtil().isDeepStrictEqual(found, patch);
  const target = (typeof found === 'object' ? found : undefined) as Record<string, unknown> | undefined;
  return Object.entries(patch).every(([key, value]) => isMerged(target?.[key], value));
};
