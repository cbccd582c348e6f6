import { describe, expect, it } from '@jest/globals';
import { durationMs, isDuration } from './duration.ts';

describe('durationMs', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
  ])('reads %s as %d milliseconds', (text, wantMs) => {
    expect(durationMs(text)).toBe(wantMs);
  });

  it.each(['', '5', 's', '5 s', '-5s', 'soon', '0s', '5d'])('refuses %j', (text) => {
    expect(isDuration(text)).toBe(false);
    expect(() => durationMs(text)).toThrow(TypeError);
  });
});
