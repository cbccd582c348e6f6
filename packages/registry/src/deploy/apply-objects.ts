import { isDeepStrictEqual } from 'node:util';
import { isInvalid, isNotFound, type KubeClient, type KubeObject, resources } from '@danube/k8s-client';
import { RegistryError } from '../errors/registry-error.ts';
import { FIELD_MANAGER } from '../names.ts';

/** What became of an object. */
export type ObjectOutcome = 'created' | 'changed' | 'unchanged';

/** An object, and what became of it or would become of it. */
export type AppliedObject = { readonly kind: string; readonly name: string; readonly outcome: ObjectOutcome };

/** How objects are applied. */
export type ApplyObjectOptions = { readonly dryRun: boolean; readonly signal?: AbortSignal | undefined };

/**
 * Makes an object so by server-side apply. One that is so already is not written: its version stays.
 * @throws ImmutableChange
 */
export const applyObject = async (
  client: KubeClient,
  object: KubeObject,
  { dryRun, signal }: ApplyObjectOptions,
): Promise<AppliedObject> => {
  const { kind = '', metadata: { name = '' } = {} } = object;
  const api = clientOf(client, object);
  const before = await api.get(name, { signal }).catch(undefinedIfNotFound);
  const said = (outcome: ObjectOutcome): AppliedObject => ({ kind, name, outcome });
  // The namespace of a dry run may not be there either.
  if (dryRun && before === undefined) return said('created');
  try {
    const after = await api.apply(object, { fieldManager: FIELD_MANAGER, force: true, dryRun, signal });
    if (before === undefined) return said('created');
    return said(isDeepStrictEqual(contentOf(before), contentOf(after)) ? 'unchanged' : 'changed');
  } catch (cause) {
    if (before === undefined || !isInvalid(cause)) throw cause;
    throw new RegistryError('ImmutableChange', { detail: `${kind} ${name}: ${(cause as Error).message}`, cause });
  }
};

/** The verbs of an object's kind. */
export const clientOf = (client: KubeClient, { kind, metadata }: KubeObject) => {
  const definition = Object.values(resources).find((each) => each.kind === kind);
  if (definition === undefined) throw new TypeError(`kind: expected one that the client knows, got "${String(kind)}"`);
  return client.resource<KubeObject>(definition, metadata?.namespace);
};

/** For `catch`: what is not there is undefined. */
export const undefinedIfNotFound = (error: unknown): undefined => {
  if (!isNotFound(error)) throw error;
};

/** Without what the server counts and writes by itself. */
const contentOf = ({ metadata, ...rest }: KubeObject): object => ({
  ...rest,
  status: undefined,
  metadata: { labels: metadata?.labels, annotations: metadata?.annotations },
});
