import { HttpError } from '../errors/http-error.ts';

/** Where the next page of a list begins. Opaque to clients, so that it can change. */
export const cursorOf = (number: number): string => Buffer.from(`j${number}`).toString('base64url');

/** @throws HttpError `invalid_query` for what no list has given out. */
export const parseCursor = (cursor: string | undefined): number | undefined => {
  if (cursor === undefined) return undefined;
  const [, number] = /^j(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (number === undefined) throw new HttpError('invalid_query', 'cursor: expected the nextCursor of an earlier list');
  return Number(number);
};
