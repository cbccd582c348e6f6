import { type JobState, jobStateSchema } from '@danube/contract';
import type { Request } from 'express';
import { HttpError } from '../errors/http-error.ts';

/** A parameter of the query that may be given once. @throws HttpError `invalid_query` when it is given twice. */
export const queryText = (request: Request, name: string): string | undefined => {
  const value: unknown = request.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(name, 'to be given once', value);
};

/** A whole number of the query, within bounds. */
export const queryNumber = (
  request: Request,
  name: string,
  bounds: { least: number; most: number; otherwise: number },
) => {
  const text = queryText(request, name);
  if (text === undefined) return bounds.otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.least && value <= bounds.most) return value;
  throw wrong(name, `a whole number from ${bounds.least} to ${bounds.most}`, text);
};

/** `1` or `true`, `0` or `false`. @default false */
export const queryFlag = (request: Request, name: string): boolean => {
  const text = queryText(request, name) ?? '0';
  if (['1', 'true'].includes(text)) return true;
  if (['0', 'false'].includes(text)) return false;
  throw wrong(name, '1 or 0', text);
};

/** States, separated by commas. None: every state. */
export const queryStates = (request: Request): JobState[] => {
  const text = queryText(request, 'state');
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const state = jobStateSchema.safeParse(part);
    if (state.success) return state.data;
    throw wrong('state', `states of ${jobStateSchema.options.join(', ')}`, part);
  });
};

const wrong = (name: string, expected: string, got: unknown): HttpError =>
  new HttpError('invalid_query', `${name}: expected ${expected}, got ${JSON.stringify(got).slice(0, 100)}`);
