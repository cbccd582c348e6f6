import { parseFieldSelector, parseLabelSelector, type Predicate } from '../store/selectors.ts';
import type { Snapshot, Store } from '../store/store.ts';
import type { KubeObject } from '../objects.ts';
import { failures } from './api-status.ts';
import { queryInteger, type ResourceRequest } from './request-info.ts';

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
  readonly remaining: number | undefined;
}

interface Cursor {
  readonly revision: number;
  readonly after: string;
}

const EXPIRED_TEXT =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

const encodeCursor = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: cursor.revision, start: cursor.after })).toString('base64url');

const decodeCursor = (token: string): Cursor => {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // falls through to the answer for any token that is not one of ours
  }
  throw failures.badRequest('continue key is not valid: illegal base64 data');
};

const orderKey = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** The selectors of a request as one predicate. */
export const selectorOf = ({ query, kind, name }: ResourceRequest): Predicate => {
  const labels = query.get('labelSelector');
  const fields = query.get('fieldSelector');
  const parts = [
    ...(labels === null || labels === '' ? [] : [parseLabelSelector(labels)]),
    ...(fields === null || fields === '' ? [] : [parseFieldSelector(fields, kind.plural)]),
    ...(name === undefined ? [] : [(object: KubeObject) => object.metadata.name === name]),
  ];
  return (object) => parts.every((part) => part(object));
};

const snapshotFor = (
  store: Store,
  { kind, namespace, query }: ResourceRequest,
  cursor: Cursor | undefined,
): Snapshot => {
  if (cursor !== undefined) {
    if (cursor.revision === 0) return store.list(kind, namespace); // a token that gave up on consistency
    if (cursor.revision < store.compactedRevision) {
      throw failures.expired(EXPIRED_TEXT, encodeCursor({ revision: 0, after: cursor.after }));
    }
    return store.list(kind, namespace, cursor.revision);
  }
  const asked = queryInteger(query, 'resourceVersion') ?? 0;
  if (asked > store.revision) throw failures.tooLargeResourceVersion(asked, store.revision);
  if (query.get('resourceVersionMatch') !== 'Exact' || asked === 0) return store.list(kind, namespace);
  if (asked < store.compactedRevision) {
    throw failures.expired(`The resourceVersion for the provided list is too old.`);
  }
  return store.list(kind, namespace, asked);
};

/** Reads one page of a list as the query asks for it. 410 for a continue token whose state is no longer known. */
export const readPage = (store: Store, request: ResourceRequest): Page => {
  const { query } = request;
  const token = query.get('continue');
  const cursor = token === null || token === '' ? undefined : decodeCursor(token);
  if (cursor !== undefined && (queryInteger(query, 'resourceVersion') ?? 0) > 0) {
    throw failures.badRequest('specifying resource version is not allowed when using continue');
  }
  const snapshot = snapshotFor(store, request, cursor);
  const selected = snapshot.items.filter(selectorOf(request));
  const rest = cursor === undefined ? selected : selected.filter((object) => orderKey(object) > cursor.after);
  const limit = queryInteger(query, 'limit') ?? 0;
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const more = items.length < rest.length && last !== undefined;
  return {
    items,
    resourceVersion: String(snapshot.revision),
    continueToken: more ? encodeCursor({ revision: snapshot.revision, after: orderKey(last) }) : undefined,
    // the real server cannot count what a selector would leave, and says nothing then
    remaining:
      more && !query.get('labelSelector') && !query.get('fieldSelector') ? rest.length - items.length : undefined,
  };
};
