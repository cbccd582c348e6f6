import { describe, expect, it } from '@jest/globals';
import { outcomeOfError } from './outcome-of-error.ts';

// Loaded as the program loads them: lazily.
const { ExecError, ExecStartError } = await import('@danube/exec-stream');
const { ConfigError } = await import('@danube/k8s-client');

describe('outcomeOfError', () => {
  it.each([
    [
      new ExecError('EXEC_REFUSED', 'HTTP 403', { started: 'no', hint: 'Allow it' }),
      'ContainerConfigError',
      'Allow it',
    ],
    [new ExecStartError('EXEC_START_FAILED', 'no sh', { started: 'no' }), 'InvalidImage', undefined],
    [new ExecError('EXEC_CONNECT_FAILED', 'ECONNREFUSED', { started: 'no' }), 'ApiUnavailable', undefined],
    [new ExecError('EXEC_LOST', '', { started: 'maybe' }), 'StreamLost', undefined],
    [new ConfigError('cannot read the token', { hint: 'mount it' }), 'ContainerConfigError', 'mount it'],
    [new TypeError('two\n lines'), 'StreamLost', undefined],
    ['thrown', 'StreamLost', undefined],
  ])('%s becomes a reason', (error, code, hint) => {
    const outcome = outcomeOfError(error);
    expect(outcome).toMatchObject({ kind: 'lost', reason: { code, ...(hint === undefined ? {} : { hint }) } });
    expect(outcome).not.toMatchObject({ reason: { message: expect.stringContaining('\n') } });
  });
});
