import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiStatus } from '../api/api-status.ts';
import { type Connections, http2Stream } from './connections.ts';
import type { CutKind, FaultAction } from './fault.ts';

/** An answer that a fault gives in place of the server. */
export interface FaultAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What priority and fairness says with 429 (k8s.io/apiserver priority-and-fairness.go). */
const TOO_MANY = 'Too many requests, please try again later.\n';

/** The answer of a fault that answers by itself, or undefined. */
export const answerOf = (action: FaultAction): FaultAnswer | undefined => {
  if (action.type === 'text') {
    const { code = 429, body = TOO_MANY, retryAfter } = action;
    const headers = {
      'X-Content-Type-Options': 'nosniff',
      ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
    };
    return { code, contentType: 'text/plain; charset=utf-8', body, headers };
  }
  if (action.type !== 'status') return undefined;
  const { code, reason = 'InternalError', message = 'a simulated fault', retryAfterSeconds } = action;
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  const body = JSON.stringify(new ApiStatus({ code, reason, message, ...details }));
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  return { code, contentType: 'application/json', body, headers };
};

type Chunk = string | Uint8Array;

/** Lets so many bytes of the body pass, then calls `cut` and swallows the rest. */
const limitBody = (response: ServerResponse, bytes: number, cut: () => void): void => {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  let left = bytes;
  let done = false;
  const pass = (chunk: unknown): boolean => {
    if (done) return true;
    const data =
      chunk === undefined || typeof chunk === 'function' ? Buffer.alloc(0) : Buffer.from(chunk as Chunk as string);
    if (data.length <= left) {
      left -= data.length;
      return data.length === 0 || write(data);
    }
    done = true;
    write(data.subarray(0, left), cut);
    return true;
  };
  response.write = pass;
  response.end = ((chunk?: unknown) => {
    pass(chunk);
    return done ? response : end();
  }) as typeof response.end;
};

/** Loses the answer: nothing of it is sent, the connection is cut in its place. */
const loseAnswer = (response: ServerResponse, cut: () => void): void => {
  response.writeHead = () => response;
  response.flushHeaders = () => undefined;
  response.write = () => {
    cut();
    return true;
  };
  response.end = (() => {
    cut();
    return response;
  }) as typeof response.end;
};

/** Names the last request of a connection: this one, or the one before it. True when this one is refused by that. */
const sendGoAway = ({ id = 1, session }: ServerHttp2Stream, refuse: boolean): boolean => {
  const refused = refuse && id > 1;
  session?.goaway(constants.NGHTTP2_NO_ERROR, refused ? id - 2 : id);
  session?.close();
  return refused;
};

/**
 * Lets a fault act on a request. True: the request is dealt with; false: it goes on (later, or with an answer that will be
 * cut).
 */
export const applyHttpFault = async (
  action: FaultAction,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  connections: Connections,
): Promise<boolean> => {
  const stream = http2Stream(request);
  const cut = (how: CutKind = 'rst'): void => {
    // Of many requests on a connection only this one is silent.
    if (how !== 'stall' || stream === undefined) connections.cut(request.socket, how);
  };
  const answer = answerOf(action);
  if (answer !== undefined) {
    request.resume();
    const length = Buffer.byteLength(answer.body);
    response.writeHead(answer.code, {
      'Content-Type': answer.contentType,
      'Content-Length': length,
      ...answer.headers,
    });
    response.end(answer.body);
    return true;
  }
  switch (action.type) {
    case 'delay':
      await sleep(action.ms);
      return false;
    case 'stall':
      cut('stall');
      return true;
    case 'drop':
      if (action.when === 'before') cut(action.how);
      else loseAnswer(response, () => cut(action.how));
      return action.when === 'before';
    case 'cut':
      limitBody(response, action.afterBytes ?? Number.POSITIVE_INFINITY, () => cut(action.how));
      if (action.afterMs !== undefined) {
        const timer = setTimeout(() => limitNow(response, () => cut(action.how)), action.afterMs);
        response.once('close', () => clearTimeout(timer));
      }
      return false;
    case 'goaway':
      if (stream === undefined) {
        response.setHeader('Connection', 'close');
        return false;
      }
      return sendGoAway(stream, action.refuse === true);
    default:
      return false;
  }
};

const limitNow = (response: ServerResponse, cut: () => void): void => {
  response.write = () => true;
  response.end = (() => response) as typeof response.end;
  cut();
};
