import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type OutputEvent, outputBytes } from '@danube/contract';
import { type Request, type Response, Router } from 'express';
import { HttpError } from '../../errors/http-error.ts';
import type { JobStore } from '../../store/job-store.ts';
import type { StoredEntry } from '../../store/log-table.ts';
import { queryFlag, queryNumber, queryText } from '../query.ts';
import type { LogFeeds } from '../sse/log-feeds.ts';

/** A job's log: as JSON, as the raw text of its output, or live as server-sent events. */
export const logRoutes = (store: JobStore, feeds: LogFeeds): Router => {
  const router = Router();

  router.get('/:id/logs', async (request, response) => {
    const { id } = request.params;
    const after = positionAfter(request);
    const format = queryText(request, 'format') ?? 'json';
    if (queryFlag(request, 'follow')) follow({ id, after, response });
    else if (format === 'json') await sendJson({ id, after, response });
    else if (format === 'text') await sendText({ id, after, response });
    else
      throw new HttpError('invalid_query', `format: expected json or text, got ${JSON.stringify(format.slice(0, 60))}`);
  });

  type Wanted = { readonly id: string; readonly after: number; readonly response: Response };

  const follow = ({ id, after, response }: Wanted): void => {
    const { entries, ended } = store.logAfter(id, after);
    if (ended && entries.length === 0) {
      // An EventSource reconnects after an end, unless the answer is 204.
      response.status(204).end();
      return;
    }
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    feeds.follow(id, after, response);
  };

  const sendJson = async ({ id, after, response }: Wanted): Promise<void> => {
    const pages = pagesOf(store, id, after);
    response.type('json').set('Cache-Control', 'no-store');
    await sendPieces(jsonPieces(pages), response);
  };

  const sendText = async ({ id, after, response }: Wanted): Promise<void> => {
    const pages = pagesOf(store, id, after);
    response.type('text/plain; charset=utf-8').set('Cache-Control', 'no-store');
    await sendPieces(textPieces(pages), response);
  };

  return router;
};

/** The log as it is now, page by page: a page at a time is in memory, and what is added meanwhile is left out. */
function* pagesOf(store: JobStore, id: string, after: number): Generator<readonly StoredEntry[]> {
  const end = store.lastPosition(id);
  for (let position = after; position < end;) {
    const page = store.logAfter(id, position).entries.filter((entry) => entry.position <= end);
    if (page.length === 0) return;
    yield page;
    position = page.at(-1)?.position ?? end;
  }
}

function* jsonPieces(pages: Iterable<readonly StoredEntry[]>): Generator<string> {
  let separator = '{"entries":[';
  for (const page of pages) {
    yield separator + page.map(({ position, event }) => `{"position":${position},"event":${event}}`).join(',');
    separator = ',';
  }
  yield separator === ',' ? ']}' : '{"entries":[]}';
}

function* textPieces(pages: Iterable<readonly StoredEntry[]>): Generator<Buffer> {
  for (const page of pages) {
    const output = page.filter(({ type }) => type === 'output').map(({ event }) => JSON.parse(event) as OutputEvent);
    yield Buffer.concat(output.map(outputBytes));
  }
}

/** Sends at the client's pace. A client that goes before the end is nobody's failure. */
const sendPieces = async (pieces: Iterable<string | Buffer>, response: Response): Promise<void> => {
  try {
    await pipeline(Readable.from(pieces, { objectMode: true }), response);
  } catch (error) {
    if (!response.destroyed || !isPrematureClose(error)) throw error;
  }
};

const isPrematureClose = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/** `Last-Event-ID` wins over `after`: it is what a client sends that comes back. */
const positionAfter = (request: Request): number => {
  const last = request.get('last-event-id');
  if (last === undefined || last === '') return queryNumber(request, 'after', { least: 0, most: 1e15, otherwise: 0 });
  if (/^\d{1,15}$/.test(last)) return Number(last);
  throw new HttpError('invalid_query', 'Last-Event-ID: expected the id of an earlier event');
};
