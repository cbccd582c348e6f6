import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import { hasCode, RegistryError } from '../errors/registry-error.ts';

/** The methods of the distribution API. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A body that can be sent more than once. */
export type RequestBody = { readonly bytes: number; readonly open: () => AsyncIterable<Buffer> };

/** One request as it goes out. */
export type WireRequest = {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  readonly agent?: Agent | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The connection is given up when nothing moves on it for so long. */
  readonly idleTimeoutMs: number;
};

/** An answer whose body is still to be read: read it, or `discard()` it. */
export type WireResponse = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: IncomingMessage;
  /** For messages: method and path. */
  readonly label: string;
};

const otherOriginHttps = new HttpsAgent({ keepAlive: false });

/** Sends one request, once. @throws TransportFailed, Timeout, Aborted */
export const exchange = async (wire: WireRequest): Promise<WireResponse> => {
  const label = labelOf(wire.method, wire.url);
  wire.signal?.throwIfAborted();
  const secure = wire.url.protocol === 'https:';
  const send = secure ? httpsRequest : httpRequest;
  const agent = wire.agent ?? (secure ? otherOriginHttps : undefined);
  const request = send(wire.url, {
    method: wire.method,
    headers: { ...wire.headers, ...(wire.body === undefined ? {} : { 'content-length': String(wire.body.bytes) }) },
    ...(agent === undefined ? {} : { agent }),
    ...(wire.signal === undefined ? {} : { signal: wire.signal }),
  });
  request.setTimeout(wire.idleTimeoutMs, () => {
    request.destroy(
      new RegistryError('Timeout', { detail: `nothing came for ${wire.idleTimeoutMs} ms`, request: label }),
    );
  });
  request.on('error', () => undefined); // told by `answered`; later ones, of a request that is given up, say nothing new
  try {
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined); // it may fail while the body is still being sent
    await Promise.race([answered, sendBody(request, wire.body)]);
    const [body] = await answered;
    // An answer before the end of the request: the rest is not sent, so the connection cannot be used again.
    body.once('close', () => {
      if (!request.writableEnded) request.destroy();
    });
    return { status: body.statusCode ?? 0, headers: body.headers, body, label };
  } catch (error) {
    request.destroy();
    throw failureOf(error, label, wire.signal);
  }
};

/** Writes the body as fast as it is taken, and stops when the answer is there before its end. */
const sendBody = async (request: ClientRequest, body: RequestBody | undefined): Promise<void> => {
  if (body === undefined || body.bytes === 0) {
    request.end();
    return;
  }
  const answer = { isThere: false };
  request.once('response', () => {
    answer.isThere = true;
  });
  let sent = 0;
  for await (const chunk of body.open()) {
    if (answer.isThere || request.destroyed) return;
    sent += chunk.length;
    if (!request.write(chunk)) await roomIn(request);
  }
  if (answer.isThere || request.destroyed) return;
  if (sent !== body.bytes) {
    throw new RegistryError('SizeMismatch', { detail: `${body.bytes} bytes were to be sent, the source gave ${sent}` });
  }
  request.end();
};

/** Resolves when the request takes more, or nothing more is to be sent. */
const roomIn = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'close', 'response'] as const;
    const settle = (): void => {
      for (const event of events) request.off(event, settle);
      resolve();
    };
    for (const event of events) request.on(event, settle);
    if (request.destroyed) settle();
  });

/** Bytes of a body that is short, such as a manifest or an error. @throws BadResponse when it is longer than `limit` */
export const readBody = async (response: WireResponse, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(response)) {
    bytes += chunk.length;
    if (bytes > limit) {
      throw new RegistryError('BadResponse', {
        detail: `the body is longer than ${limit} bytes`,
        request: response.label,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** The body as it comes. A connection that breaks before its end is an error, and so is an abort. */
export async function* bodyOf({ body, label }: WireResponse, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    throw failureOf(error, label, signal);
  }
}

/** Reads a body to its end so that its connection can be used again; a long one is cut off instead. */
export const discard = async (response: WireResponse): Promise<void> => {
  try {
    await readBody(response, 64 * 1024);
  } catch {
    response.body.destroy();
  }
};

const failureOf = (error: unknown, label: string, signal: AbortSignal | undefined): RegistryError => {
  if (signal?.aborted === true) return new RegistryError('Aborted', { request: label, cause: signal.reason });
  if (error instanceof RegistryError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : 'unknown');
  return new RegistryError('TransportFailed', { detail: code, request: label, cause: error });
};

/** Method and path, without the query, which may hold the state of an upload. */
export const labelOf = (method: string, url: URL): string => `${method} ${url.pathname}`;

/** Whether a connection broke, as opposed to an answer that says no. */
export const isBroken = (error: unknown): boolean => hasCode(error, 'TransportFailed', 'Timeout');
