import { describe, expect, it } from '@jest/globals';
import { BackOff } from './back-off.ts';

describe('BackOff', () => {
  it('doubles up to its limit, and begins again after a success', () => {
    const backOff = new BackOff({ firstMs: 100, maxMs: 1000, random: () => 1 });
    expect(Array.from({ length: 5 }, () => backOff.nextMs())).toEqual([100, 200, 400, 800, 1000]);
    backOff.reset();
    expect(backOff.nextMs()).toBe(100);
  });

  it('spreads the tries of many, and never goes below half', () => {
    expect(new BackOff({ firstMs: 100, maxMs: 1000, random: () => 0 }).nextMs()).toBe(50);
  });

  it('waits as long as the server wishes', () => {
    expect(new BackOff({ firstMs: 100, maxMs: 1000 }).nextMs(3000)).toBe(3000);
  });

  it('can be interrupted', async () => {
    await expect(new BackOff({ firstMs: 9000, maxMs: 9000 }).pause(AbortSignal.abort())).rejects.toThrow('aborted');
  });
});
