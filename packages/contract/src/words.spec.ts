import { describe, expect, it } from '@jest/globals';
import { durationText, memoryText } from './words.ts';

describe('durationText', () => {
  it.each([
    [-1, '0.0 s'],
    [340, '0.3 s'],
    [59_949, '59.9 s'],
    [65_000, '1 min 5 s'],
    [7_380_000, '2 h 3 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('memoryText', () => {
  it.each([
    [0, '0 KiB'],
    [655_360, '640 KiB'],
    [67_108_864, '64 MiB'],
    [1_610_612_736, '1.5 GiB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(memoryText(bytes)).toBe(text);
  });
});
