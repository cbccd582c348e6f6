import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../objects.ts';
import { ApiStatus, failures } from './api-status.ts';
import { decodeProtobuf } from './protobuf.ts';

const MAX_BODY_BYTES = 3 * 2 ** 20; // the API server's own limit (k8s.io/apiserver config.go, MaxRequestBodyBytes)

/** The values of each header, by its name in small letters. (`headersDistinct` is not there over HTTP/2.) */
export const headerValues = ({ rawHeaders }: IncomingMessage): Partial<Record<string, string[]>> => {
  const values: Partial<Record<string, string[]>> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    (values[name.toLowerCase()] ??= []).push(value);
  }
  return values;
};

/** The whole body of a request. 413 above the server's limit of 3 MiB. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new ApiStatus({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${MAX_BODY_BYTES}`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** The body, in JSON or protobuf; undefined when it is empty. 400 when it cannot be read. */
export const readObject = async (request: IncomingMessage): Promise<unknown> => {
  const body = await readBody(request);
  if (body.length === 0) return undefined;
  if (request.headers['content-type']?.includes('protobuf') === true) return decodeProtobuf(body);
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw failures.badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : 'not JSON'}`,
    );
  }
};

/** Answers with text that is JSON already. */
export const sendText = (
  response: ServerResponse,
  text: string,
  { status = 200, contentType = 'application/json' }: { status?: number; contentType?: string } = {},
): void => {
  const body = Buffer.from(text);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': body.length });
  response.end(body);
};

/** Answers with a value as JSON. */
export const sendJson = (response: ServerResponse, value: unknown, status = 200): void => {
  sendText(response, JSON.stringify(value), { status });
};

/** Answers with a failure; anything but an ApiStatus becomes a 500. Ends the connection when the answer has begun already. */
export const sendFailure = (response: ServerResponse, error: unknown): void => {
  const status =
    error instanceof ApiStatus ? error : failures.internal(error instanceof Error ? error.message : 'unknown');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = status.details?.['retryAfterSeconds'];
  if (typeof retryAfter === 'number') response.setHeader('Retry-After', String(retryAfter));
  sendJson(response, status, status.code);
};

/** The body of an answer that says: done, nothing to show. */
export const successStatus = (details: JsonObject): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details,
});
