import { describe, expect, it } from '@jest/globals';
import type { ApiError } from './api-error.ts';
import { errorFromResponse, parseRetryAfter } from './from-response.ts';
import { isConflict, isNotFound, isRetryable, isTooManyRequests, retryAfterMs } from './predicates.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const answer = (status: number, body: string, headers: Record<string, string> = {}): ApiError =>
  errorFromResponse({ status, headers, body: Buffer.from(body), request: 'GET /api/v1/pods', nowMs });

describe('errorFromResponse', () => {
  it('keeps status, reason, details and audit id of a Status body', () => {
    const details = { name: 'web-0', kind: 'pods' };
    const body = JSON.stringify({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
      message: 'pods "web-0" not found',
      details,
    });
    const error = answer(404, body, { 'audit-id': 'abc' });
    expect(error).toMatchObject({ code: 'NotFound', status: 404, reason: 'NotFound', details, auditId: 'abc' });
    expect(error.message).toBe('there is no such object: pods "web-0" not found (GET /api/v1/pods)');
    expect(isNotFound(error)).toBe(true);
  });

  it('tells AlreadyExists from Conflict, which share the status 409', () => {
    const of = (reason: string) => answer(409, JSON.stringify({ kind: 'Status', reason, code: 409 }));
    expect(of('AlreadyExists').code).toBe('AlreadyExists');
    expect(isConflict(of('AlreadyExists'))).toBe(false);
    expect(of('Conflict').code).toBe('Conflict');
  });

  it('reads a 429 with a plain text body and Retry-After', () => {
    const error = answer(429, 'Too many requests, please try again later.\n', { 'retry-after': '3' });
    expect(isTooManyRequests(error)).toBe(true);
    expect(isRetryable(error)).toBe(true);
    expect(retryAfterMs(error)).toBe(3000);
  });

  it('falls back to the status for a proxy page and keeps the page out of the message', () => {
    const error = answer(502, '<html>token=secret</html>');
    expect(error.code).toBe('ServiceUnavailable');
    expect(error.message).not.toContain('secret');
  });

  it('takes retryAfterSeconds of the details when there is no header', () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Timeout', code: 504, details: { retryAfterSeconds: 1 } });
    expect(answer(504, body)).toMatchObject({ code: 'ServerTimeout', retryAfterMs: 1000 });
  });

  it('shortens a very long message', () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Invalid', code: 422, message: 'x'.repeat(5000) });
    expect(answer(422, body).message.length).toBeLessThan(1200);
  });
});

describe('parseRetryAfter', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads %p as %p ms', (value, want) => {
    expect(parseRetryAfter(value, nowMs)).toBe(want);
  });
});
