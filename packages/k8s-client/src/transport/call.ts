import type { Dispatcher } from 'undici';
import { AbortedError, TimeoutError, TransportError, type TransportPhase } from '../errors/failures.ts';
import type { KubeError } from '../errors/kube-error.ts';
import { connectPhaseOf } from './connector.ts';
import type { WireRequest } from './wire.ts';

/** `REFUSED_STREAM` of RFC 9113, section 7. */
const REFUSED_STREAM = 7;

type Progress = 'queue' | 'headers' | 'body';

/**
 * What the two kinds of answers share: how far the request came, its deadline, and its signal.
 * undici cannot take back a request that still waits for a connection, so an abort ends the call at once and the
 * request itself when it would start; until then nothing of it was sent.
 */
export class Call {
  readonly #request: WireRequest;
  readonly #fail: (error: KubeError) => void;
  #progress: Progress = 'queue';
  #controller: Dispatcher.DispatchController | undefined;
  #ended: KubeError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: WireRequest, fail: (error: KubeError) => void) {
    this.#request = request;
    this.#fail = fail;
    if (request.signal?.aborted === true) {
      this.#onAbort();
      return;
    }
    request.signal?.addEventListener('abort', this.#onAbort);
    this.#timer = setTimeout(this.#onTimeout, request.timeoutMs);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  started(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended === undefined) this.#progress = 'headers';
    else controller.abort(this.#ended);
  }

  responded(): void {
    this.#progress = 'body';
  }

  /** The deadline no longer applies; the signal still does. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** All is received: neither clock nor signal matter any more. */
  finish(): void {
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Ends the request from our side. */
  end(error: KubeError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.finish();
    this.#fail(error);
    this.#controller?.abort(error);
  }

  /** The connection failed under the request. */
  broke(error: unknown): void {
    if (this.#ended !== undefined) return;
    const connecting = connectPhaseOf(error);
    const phase = connecting ?? this.#progress;
    const sent = phase === 'body' || (phase === 'headers' && !isRefused(error));
    this.end(
      new TransportError({ phase, sent, cause: error, request: this.#request.label, detail: describe(phase, error) }),
    );
  }

  readonly #onAbort = (): void => {
    this.end(
      new AbortedError({
        request: this.#request.label,
        cause: this.#request.signal?.reason,
        sent: this.#progress !== 'queue',
        detail: this.#progress === 'queue' ? 'nothing was sent' : 'the request may have been applied',
      }),
    );
  };

  readonly #onTimeout = (): void => {
    const { timeoutMs, label } = this.#request;
    const phase = this.#progress;
    const detail =
      phase === 'queue' ? `no connection within ${timeoutMs} ms` : `no whole answer within ${timeoutMs} ms`;
    this.end(new TimeoutError({ phase, sent: phase !== 'queue', timeoutMs, request: label, detail }));
  };
}

/**
 * Whether an HTTP/2 server says that it did not look at the request (RFC 9113, 8.7): it is above the last stream of a
 * GOAWAY, or its stream was refused. undici sends such a request again once by itself; this is its second time.
 */
const isRefused = (error: unknown): boolean => {
  const { message, http2ErrorCode } = error as { readonly message?: string; readonly http2ErrorCode?: number };
  return http2ErrorCode === REFUSED_STREAM || message?.startsWith('HTTP/2: "GOAWAY" frame received') === true;
};

const describe = (phase: TransportPhase, error: unknown): string => {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  // The messages of Node's network errors name host and port; neither is secret, and both are what one needs.
  const text = message ?? 'no reason given';
  return code === undefined || text.includes(code) ? `${phase}: ${text}` : `${phase}: ${code}, ${text}`;
};
