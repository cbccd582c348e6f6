import { describe, expect, it } from '@jest/globals';
import { type JobResult, jobResultSchema, reason } from '@danube/contract';
import { terminationMessage } from './termination-message.ts';

const resultWith = (message: string, evidence?: string[]): JobResult => ({
  version: 1,
  jobId: 'j1',
  state: 'failed',
  reason: reason('StepFailed', message, evidence),
  lastSeq: 3,
});
const read = (text: string): JobResult => jobResultSchema.parse(JSON.parse(text));

describe('terminationMessage', () => {
  it('is the result as it is when that fits', () => {
    expect(read(terminationMessage(resultWith('short', ['line'])))).toEqual(resultWith('short', ['line']));
  });

  it('leaves the evidence out first', () => {
    expect(read(terminationMessage(resultWith('short', ['x'.repeat(5000)])))).toEqual(resultWith('short'));
  });

  it.each([['a'], ['ü'], ['"'], ['\u0001'], ['😀']])('cuts a message of many %j so that 4 KiB hold it', (character) => {
    const text = terminationMessage(resultWith(character.repeat(9000)));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    expect(read(text)).toMatchObject({ state: 'failed', reason: { code: 'StepFailed' }, lastSeq: 3 });
    expect(read(text).reason?.message).toMatch(/\.\.\.$/);
  });
});
