import { expect, test } from '@jest/globals';
import { parseQuantity } from './quantity.ts';

test.each([
  ['1', 1],
  ['500m', 0.5],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2e3', 2000],
  ['10k', 10_000],
  ['-1', -1],
  ['1E', 1e18],
  ['', undefined],
  ['lots', undefined],
  ['1 Gi', undefined],
])('%s is %s', (text, want) => {
  expect(parseQuantity(text)).toBe(want);
});
