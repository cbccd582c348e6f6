import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStatus } from './status.ts';

const exit = (message: unknown, reason = 'ExitCode'): object => ({
  status: 'Failure',
  reason: 'NonZeroExitCode',
  details: {
    causes: [
      { reason: 'Other', message: '3' },
      { reason, message },
    ],
  },
});

describe('a status', () => {
  it.each([
    [{ metadata: {}, status: 'Success' }, { kind: 'success' }],
    [exit('7'), { kind: 'exit', code: 7 }],
    [exit('255'), { kind: 'exit', code: 255 }],
    [exit('0'), { kind: 'malformed' }],
    [exit('256'), { kind: 'malformed' }],
    [exit(7), { kind: 'malformed' }],
    [exit('7', 'exitcode'), { kind: 'malformed' }],
    [{ status: 'Failure', reason: 'NonZeroExitCode' }, { kind: 'malformed' }],
    [
      { status: 'Failure', message: 'no', reason: 'InternalError', code: 500 },
      { kind: 'failure', message: 'no', reason: 'InternalError', status: 500 },
    ],
    [{ status: 'Failure' }, { kind: 'failure', message: 'no message' }],
    [{ status: 'success' }, { kind: 'malformed' }],
    [null, { kind: 'malformed' }],
    [[], { kind: 'malformed' }],
  ])('%j', (body, want) => {
    expect(parseStatus(Buffer.from(JSON.stringify(body)))).toMatchObject(want);
  });

  it('is never an error and never a success by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseStatus(bytes).kind).toBe('malformed');
      }),
    );
  });
});
