import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Call } from './call.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Sends one request and reads the whole answer, whatever its status. */
export const sendUnary = (dispatcher: Dispatcher, request: WireRequest): Promise<WireResponse> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const call = new Call(request, reject);
    if (call.ended) return;
    dispatcher.dispatch(dispatchOptions(request), {
      onRequestStart: (controller) => call.started(controller),
      onResponseStart: (_controller, statusCode, responseHeaders) => {
        call.responded();
        status = statusCode;
        headers = responseHeaders;
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => {
        call.finish();
        const [first] = chunks;
        resolve({ status, headers, body: chunks.length === 1 && first ? first : Buffer.concat(chunks) });
      },
      onResponseError: (_controller, error) => call.broke(error),
    });
  });

/** How undici wants a request described. */
export const dispatchOptions = (request: WireRequest): Dispatcher.DispatchOptions => ({
  path: request.target,
  method: request.method,
  headers: request.headers,
  body: request.body ?? null,
  // Our own retry policy decides; undici must not repeat a request behind its back.
  idempotent: false,
});
