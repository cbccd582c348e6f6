import type { Dispatcher } from 'undici';
import { AbortedError } from '../errors/failures.ts';
import { Call } from './call.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { dispatchOptions } from './unary.ts';
import type { WireRequest, WireStream } from './wire.ts';

/**
 * Sends one request and hands out the answer as it comes. A slow reader pauses the connection: at most
 * a quarter of a MiB and one chunk wait in memory.
 */
export const sendStream = (dispatcher: Dispatcher, request: WireRequest): Promise<WireStream> =>
  new Promise((resolve, reject) => {
    let queue: ChunkQueue | undefined;
    const call = new Call(request, (error) => {
      queue?.fail(error);
      reject(error);
    });
    if (call.ended) return;
    dispatcher.dispatch(dispatchOptions(request), {
      onRequestStart: (controller) => call.started(controller),
      onResponseStart: (controller, status, headers) => {
        call.responded();
        call.stopClock();
        const body = new ChunkQueue({
          pause: () => controller.pause(),
          resume: () => controller.resume(),
          cancel: () => call.end(new AbortedError({ request: request.label, detail: 'the reader left' })),
        });
        queue = body;
        resolve({ status, headers, body });
      },
      onResponseData: (_controller, chunk) => queue?.push(chunk),
      onResponseEnd: () => {
        call.finish();
        queue?.end();
      },
      onResponseError: (_controller, error) => call.broke(error),
    });
  });
