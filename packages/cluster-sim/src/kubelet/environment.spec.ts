import { expect, test } from '@jest/globals';
import { expand } from './environment.ts';

test.each([
  ['$(A)-$(B)', '1-$(B)'],
  ['$$(A)', '$(A)'],
  ['$$', '$'],
  ['$A ${A} $', '$A ${A} $'],
])('%s becomes %s', (text, want) => {
  expect(expand(text, { A: '1' })).toBe(want);
});
