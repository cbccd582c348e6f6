import type { ServerResponse } from 'node:http';
import { isObject, type KubeObject } from '../objects.ts';
import type { Predicate } from '../store/selectors.ts';
import type { Store, StoreEvent } from '../store/store.ts';
import { failures, type ApiStatus } from './api-status.ts';
import { apiVersionOf } from './kinds.ts';
import { selectorOf } from './list.ts';
import { queryFlag, queryInteger, type ResourceRequest } from './request-info.ts';

/** What a watch needs beyond the store. */
export interface WatchEnvironment {
  readonly store: Store;
  /** How often a quiet watch says that it is alive, when bookmarks are allowed. */
  readonly bookmarkIntervalMs: number;
  /** Turns an object into what is sent, e.g. a table row. */
  readonly render: (object: KubeObject) => unknown;
  /** Ends the watch when the server stops. */
  readonly signal: AbortSignal;
}

const DEFAULT_TIMEOUT_SECONDS = 1800;
const MAX_BUFFERED_BYTES = 64 * 2 ** 20; // a client that reads nothing is cut off, as the real server does
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** How a change looks through a selector: an object can enter or leave what is selected without being created or deleted. */
const seenAs = (event: StoreEvent, selects: Predicate): StoreEvent['type'] | undefined => {
  const now = event.type !== 'DELETED' && selects(event.object);
  const before = event.previous !== undefined && selects(event.previous);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
};

/** Streams the changes that a watch request asks for, until it times out, the client leaves, or the server stops. */
export const serveWatch = (response: ServerResponse, request: ResourceRequest, environment: WatchEnvironment): void => {
  const { store } = environment;
  const { query, kind } = request;
  const selects = selectorOf(request);
  const asked = query.get('resourceVersion') ?? '';
  const from = queryInteger(query, 'resourceVersion') ?? 0;
  const sendInitial = queryFlag(query, 'sendInitialEvents');
  if (query.has('sendInitialEvents') && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw failures.badRequest(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is required when sendInitialEvents is set',
    );
  }
  // A plain watch from a version that is still to come waits for it; only a list would have to be as new as that.
  if (sendInitial && from > store.revision) throw failures.tooLargeResourceVersion(from, store.revision);
  const bookmarks = queryFlag(query, 'allowWatchBookmarks');
  const timeoutSeconds = queryInteger(query, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS;

  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();

  const send = (type: string, object: unknown): void => {
    if (response.writableEnded) return; // ended, but its connection has not closed yet
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
  };
  const sendBookmark = (initialEnd = false): void => {
    const annotations = initialEnd ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
    const metadata = { resourceVersion: String(store.revision), creationTimestamp: null, ...annotations };
    send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  };
  const sendFailure = (status: ApiStatus): void => {
    send('ERROR', status.toJSON());
    response.end();
  };
  const deliver = (event: StoreEvent): void => {
    if (event.revision <= from || !store.sameObjects(event.kind, kind)) return;
    const { metadata } = event.object;
    if (request.namespace !== undefined && metadata.namespace !== request.namespace) return;
    const type = seenAs(event, selects);
    if (type === undefined) return;
    const left = type === 'DELETED' && event.type !== 'DELETED' ? event.previous : event.object;
    if (left === undefined) return;
    // an object that only left the selection is shown as it was, under the revision of the change
    const object = { ...left, metadata: { ...left.metadata, resourceVersion: String(event.revision) } };
    send(type, environment.render(object));
  };

  const listed = sendInitial || ((asked === '' || asked === '0') && !query.has('sendInitialEvents'));
  if (listed) {
    for (const object of store.list(kind, request.namespace).items) {
      if (selects(object)) send('ADDED', environment.render(object));
    }
    if (sendInitial && bookmarks) sendBookmark(true);
  } else if (from > 0) {
    const missed = store.since(from);
    if (missed === undefined) {
      sendFailure(failures.expired(`too old resource version: ${from} (${store.compactedRevision})`));
      return;
    }
    missed.forEach(deliver);
  }

  const unsubscribe = store.subscribe(deliver);
  const finish = (): void => {
    if (bookmarks && !response.destroyed) sendBookmark();
    response.end();
  };
  const deadline = setTimeout(finish, timeoutSeconds * 1000);
  const heartbeat = bookmarks ? setInterval(() => sendBookmark(), environment.bookmarkIntervalMs) : undefined;
  const onStop = (): void => {
    response.end();
  };
  environment.signal.addEventListener('abort', onStop);
  response.on('close', () => {
    unsubscribe();
    clearTimeout(deadline);
    clearInterval(heartbeat);
    environment.signal.removeEventListener('abort', onStop);
  });
};

/** An object reduced to its metadata. */
export const partialObject = (object: KubeObject): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: isObject(object.metadata) ? object.metadata : {},
});
