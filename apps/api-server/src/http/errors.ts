import type { ErrorRequestHandler, RequestHandler } from 'express';
import { HttpError } from '../errors/http-error.ts';
import type { Logger } from '../log/logger.ts';

/** Answers what no route took. */
export const notFound: RequestHandler = (request) => {
  throw new HttpError('not_found', `there is no ${request.method} ${request.path.slice(0, 200)}`);
};

/** Turns whatever a route threw into the one shape of error answers. What is not ours stays in the log. */
export const errorAnswer =
  (logger: Logger): ErrorRequestHandler =>
  // Express tells error handlers by their four parameters.
  // eslint-disable-next-line max-params, @typescript-eslint/no-unused-vars
  (error: unknown, request, response, _next) => {
    const known = toHttpError(error);
    if (known.code === 'internal')
      logger.error('request failed', { method: request.method, path: request.path, error });
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      response.destroy();
      return;
    }
    if (known.code === 'unavailable') response.set('Retry-After', '1');
    if (known.code === 'unauthorized') response.set('WWW-Authenticate', 'Bearer');
    response.status(known.status).json(known);
  };

// The types of errors of express.json(): https://github.com/expressjs/body-parser#errors
const bodyErrors: Readonly<Record<string, HttpError>> = {
  'entity.parse.failed': new HttpError('invalid_json', 'the body is not valid JSON'),
  'entity.too.large': new HttpError('body_too_large', 'the body is too large'),
  'encoding.unsupported': new HttpError('unsupported_media_type', 'this content encoding is not supported'),
  'charset.unsupported': new HttpError('unsupported_media_type', 'the charset must be UTF-8'),
  'request.size.invalid': new HttpError('invalid_json', 'the body does not have the length it claims'),
  'request.aborted': new HttpError('invalid_json', 'the body ended early'),
};

const toHttpError = (error: unknown): HttpError => {
  if (error instanceof HttpError) return error;
  const { type, status } = error as { type?: unknown; status?: unknown };
  const known = typeof type === 'string' ? bodyErrors[type] : undefined;
  if (known !== undefined) return known;
  // A malformed %-escape in the path.
  if (status === 400) return new HttpError('not_found', 'the path is malformed');
  return new HttpError('internal', 'the api-server failed to answer this request', { cause: error });
};
