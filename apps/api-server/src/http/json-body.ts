import express, { type RequestHandler } from 'express';
import { HttpError } from '../errors/http-error.ts';

/**
 * Reads a JSON body up to a size. Anything but `application/json` is refused: a page in a browser can send other types
 * across origins without asking, and this API starts programs.
 */
export const jsonBody = (limitBytes: number): RequestHandler[] => [
  (request, _response, next) => {
    if (request.headers['content-type'] === undefined || request.is('application/json') === false)
      throw new HttpError('unsupported_media_type', 'the body must be sent as application/json');
    next();
  },
  express.json({ limit: limitBytes }),
];
