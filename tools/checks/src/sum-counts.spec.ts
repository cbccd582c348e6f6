import { describe, expect, it } from '@jest/globals';
import { type Counts, sumCounts } from './sum-counts.ts';

const run = (project: string, passed: number, more: Partial<Counts> = {}): Counts => ({
  project,
  passed,
  failed: 0,
  skipped: [],
  ...more,
});

describe('sumCounts', () => {
  it('ends with the sum, and names what was skipped', () => {
    expect(sumCounts([run('a', 2), run('b', 3, { skipped: ['needs kubectl'] })], false)).toEqual({
      lines: [
        'a: 2 passed, 0 failed',
        'b: 3 passed, 0 failed',
        '  skipped: needs kubectl',
        '5 passed, 0 failed, 1 skipped',
      ],
      ok: true,
    });
  });

  it('fails when a test failed', () => {
    expect(sumCounts([run('a', 2, { failed: 1 })], false)).toMatchObject({
      lines: expect.arrayContaining(['2 passed, 1 failed']),
      ok: false,
    });
  });

  it('counts a step that failed without a failing test as one failure', () => {
    expect(sumCounts([run('a', 2)], true)).toMatchObject({
      lines: expect.arrayContaining(['2 passed, 1 failed']),
      ok: false,
    });
  });

  it('does not call a run without tests a success', () => {
    expect(sumCounts([], false)).toEqual({ lines: ['0 passed, 0 failed'], ok: false });
  });
});
