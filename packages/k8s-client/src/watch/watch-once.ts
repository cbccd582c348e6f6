import { ApiError, WatchExpiredError } from '../errors/api-error.ts';
import { codeFor, shortened, type StatusBody } from '../errors/from-response.ts';
import { KubeError } from '../errors/kube-error.ts';
import { TransportError } from '../errors/failures.ts';
import type { Requester } from '../requester.ts';
import type { KubeObject } from '../resources/models.ts';
import type { Query } from '../resources/resource-path.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ObjectReader, readingAll, type SentEvent } from './object-reader.ts';
import type { WatchEvent } from './watch-event.ts';

/** One watch request. */
export type WatchRequest = {
  readonly path: string;
  readonly query: Query;
  readonly signal?: AbortSignal | undefined;
  /** Ends the stream with a failure when no byte came for so long. */
  readonly stallMs: number;
};

/** One watch connection, event by event; see {@link watchBatches}. */
export async function* watchOnce<T extends KubeObject>(
  requester: Requester,
  request: WatchRequest,
): AsyncGenerator<WatchEvent<T>, void> {
  for await (const events of watchBatches<T>(requester, request, readingAll())) yield* events;
}

/**
 * One watch connection, until the server ends it; events that came together come together. Errors of the stream and in
 * the stream are thrown, after the events before them; "your version is too old" in any of its forms is a
 * {@link WatchExpiredError}.
 */
export async function* watchBatches<T extends KubeObject>(
  requester: Requester,
  request: WatchRequest,
  reader: ObjectReader<T>,
): AsyncGenerator<readonly WatchEvent<T>[], void> {
  const label = `WATCH ${request.path}`;
  const stalled = new AbortController();
  const signal = request.signal === undefined ? stalled.signal : AbortSignal.any([request.signal, stalled.signal]);
  let watchdog: NodeJS.Timeout | undefined;
  try {
    const { body } = await requester.stream(
      { method: 'GET', path: request.path, query: { ...request.query, watch: true }, signal },
      // The caller resumes; a repetition here would hide from it that the connection was lost.
      { safety: 'never' },
    );
    // A slow reader is not a silent server: the clock counts only while we wait for the server.
    let isReading = true;
    watchdog = setTimeout(() => {
      if (isReading) stalled.abort();
    }, request.stallMs);
    const lines = new LineSplitter();
    for await (const chunk of body) {
      isReading = false;
      const { events, failure } = parseEvents(lines.push(chunk), reader, label);
      if (events.length > 0) yield events;
      if (failure !== undefined) throw failure;
      isReading = true;
      watchdog.refresh();
    }
  } catch (error) {
    if (stalled.signal.aborted && request.signal?.aborted !== true) {
      throw new TransportError({
        phase: 'body',
        sent: true,
        request: label,
        detail: `nothing came for ${request.stallMs} ms`,
        cause: error,
      });
    }
    throw expired(error) ?? error;
  } finally {
    clearTimeout(watchdog);
  }
}

type Parsed<T extends KubeObject> = { readonly events: readonly WatchEvent<T>[]; readonly failure?: KubeError };

const parseEvents = <T extends KubeObject>(
  lines: readonly Buffer[],
  reader: ObjectReader<T>,
  label: string,
): Parsed<T> => {
  const events: WatchEvent<T>[] = [];
  for (const line of lines) {
    const event = parseEvent(line, reader, label);
    if (event instanceof KubeError) return { events, failure: event };
    events.push(event);
  }
  return { events };
};

const parseEvent = <T extends KubeObject>(
  line: Buffer,
  reader: ObjectReader<T>,
  label: string,
): WatchEvent<T> | KubeError => {
  let event: SentEvent<T>;
  try {
    event = reader.event(line);
  } catch (error) {
    return new KubeError('BadResponse', { request: label, detail: 'a watch event is not JSON', cause: error });
  }
  const { type, object } = event;
  if (type === 'ERROR') return statusError(object ?? {}, label);
  if ((type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK') || object === undefined) {
    return new KubeError('BadResponse', { request: label, detail: 'a watch event has an unknown type' });
  }
  return { type, object };
};

/** The error in an ERROR event. */
const statusError = (status: StatusBody, label: string): ApiError => {
  const code = status.code ?? 500;
  const seconds = status.details?.retryAfterSeconds;
  return new ApiError(codeFor(code, status.reason), {
    status: code,
    reason: status.reason,
    details: status.details,
    retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
    request: label,
    detail: shortened(status.message ?? 'the server ended the watch'),
  });
};

/**
 * Three forms of "list again": HTTP 410, an ERROR event of code 410, and 504 with the cause `ResourceVersionTooLarge`
 * (this server is behind the one that gave us the version; apiserver `storage/errors.go`).
 */
const expired = (error: unknown): WatchExpiredError | undefined => {
  if (!(error instanceof ApiError) || error instanceof WatchExpiredError) return undefined;
  const tooLarge = error.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') === true;
  if (error.code !== 'Gone' && !tooLarge) return undefined;
  const { status, reason, details, auditId, retryAfterMs, request } = error;
  return new WatchExpiredError({
    status,
    reason,
    details,
    auditId,
    retryAfterMs,
    request,
    cause: error,
    detail: tooLarge ? 'this API server has not reached the asked resource version' : undefined,
  });
};
