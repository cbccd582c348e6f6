import { ApiError, type StatusDetails } from './api-error.ts';
import type { KubeErrorCode } from './codes.ts';

/** An answer, as far as an error needs it. */
export type ErrorResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly request: string;
  readonly nowMs: number;
};

/** Kubernetes' `Status`, as far as it is read here. */
export type StatusBody = {
  readonly kind?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: StatusDetails;
};

// A validation message can quote whole fields.
const MAX_MESSAGE = 1000;

/** A server's message, as much of it as an error shows. */
export const shortened = (message: string): string => message.slice(0, MAX_MESSAGE);

const byReason: Readonly<Record<string, KubeErrorCode>> = {
  BadRequest: 'BadRequest',
  Unauthorized: 'Unauthorized',
  Forbidden: 'Forbidden',
  NotFound: 'NotFound',
  MethodNotAllowed: 'MethodNotAllowed',
  NotAcceptable: 'NotAcceptable',
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Gone: 'Gone',
  Expired: 'Gone',
  Invalid: 'Invalid',
  RequestEntityTooLarge: 'RequestEntityTooLarge',
  UnsupportedMediaType: 'UnsupportedMediaType',
  TooManyRequests: 'TooManyRequests',
  InternalError: 'InternalError',
  ServiceUnavailable: 'ServiceUnavailable',
  ServerTimeout: 'ServerTimeout',
  Timeout: 'ServerTimeout',
};

const byStatus: Readonly<Record<number, KubeErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  504: 'ServerTimeout',
};

/** The code for a `Status`: its reason if we know it, else its HTTP status. */
export const codeFor = (status: number, reason: string | undefined): KubeErrorCode =>
  (reason === undefined ? undefined : byReason[reason]) ?? byStatus[status] ?? 'ApiError';

/** The `Status` in a body; undefined for anything else (a 429 has a plain text body, a proxy sends HTML). */
export const parseStatus = (body: Buffer | string): StatusBody | undefined => {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status')
      return value as StatusBody;
  } catch {
    // Not JSON: then it is no Status.
  }
  return undefined;
};

/**
 * `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3).
 * Undefined when absent or unreadable; a date in the past is 0.
 */
export const parseRetryAfter = (value: string | string[] | undefined, nowMs: number): number | undefined => {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** The error for an answer with an error status. */
export const errorFromResponse = (response: ErrorResponse): ApiError => {
  const status = parseStatus(response.body);
  const code = codeFor(response.status, status?.reason);
  const fromDetails = status?.details?.retryAfterSeconds;
  return new ApiError(code, {
    status: response.status,
    reason: status?.reason,
    details: status?.details,
    auditId: one(response.headers['audit-id']),
    retryAfterMs:
      parseRetryAfter(response.headers['retry-after'], response.nowMs) ??
      (fromDetails === undefined ? undefined : fromDetails * 1000),
    request: response.request,
    detail: shortened(status?.message ?? `HTTP ${response.status}`),
  });
};
