import { TransportError } from '../errors/failures.ts';
import type { Requester } from '../requester.ts';
import type { KubeObject } from '../resources/models.ts';
import type { Query } from '../resources/resource-path.ts';
import type { ListBody } from '../resources/verb-options.ts';
import type { ObjectReader } from '../watch/object-reader.ts';
import type { WatchEvent } from '../watch/watch-event.ts';
import { watchBatches, type WatchRequest } from '../watch/watch-once.ts';

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Whether all that there was has been told with this event. Its version is that of the whole. */
export const isInitialEnd = ({ type, object }: WatchEvent<KubeObject>): boolean =>
  type === 'BOOKMARK' && object.metadata?.annotations?.[INITIAL_EVENTS_END] === 'true';

/** What there is, in pages, told as a streamed list would tell it. @throws Gone when the server forgot that state meanwhile */
export async function* pagedList<T extends KubeObject>(
  requester: Requester,
  request: { readonly path: string; readonly query: Query; readonly signal: AbortSignal },
  reader: ObjectReader<T>,
): AsyncGenerator<readonly WatchEvent<T>[], void> {
  const { path, query, signal } = request;
  let next: string | undefined;
  let resourceVersion: string | undefined;
  do {
    const { items, metadata } = await requester.request<ListBody<T>>({
      method: 'GET',
      path,
      query: { ...query, continue: next },
      signal,
      read: reader.page,
    });
    yield (items ?? []).map((object) => ({ type: 'ADDED', object }));
    next = metadata?.continue === '' ? undefined : metadata?.continue;
    resourceVersion = metadata?.resourceVersion;
  } while (next !== undefined);
  const end: KubeObject = {
    metadata: { resourceVersion: resourceVersion ?? '', annotations: { [INITIAL_EVENTS_END]: 'true' } },
  };
  yield [{ type: 'BOOKMARK', object: end as T }];
}

/**
 * What there is, as a stream (WatchList), and after its end what changes. Fails when nothing came for `silenceMs` before
 * that end.
 */
export async function* streamedList<T extends KubeObject>(
  requester: Requester,
  request: WatchRequest & { readonly signal: AbortSignal; readonly silenceMs: number },
  reader: ObjectReader<T>,
): AsyncGenerator<readonly WatchEvent<T>[], void> {
  const { silenceMs } = request;
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), silenceMs);
  const signal = AbortSignal.any([request.signal, silent.signal]);
  let isWhole = false;
  try {
    for await (const events of watchBatches<T>(requester, { ...request, signal }, reader)) {
      isWhole ||= events.some(isInitialEnd);
      if (isWhole) clearTimeout(timer);
      yield events;
      if (!isWhole) timer.refresh();
    }
  } catch (error) {
    if (!silent.signal.aborted || request.signal.aborted) throw error;
    throw new TransportError({
      phase: 'body',
      sent: true,
      request: `WATCH ${request.path}`,
      detail: `nothing came for ${silenceMs} ms, and no end of the list`,
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
