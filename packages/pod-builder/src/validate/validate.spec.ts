import { describe, expect, it } from '@jest/globals';
import { isImageReference } from './image-reference.ts';
import { isConfigKey, isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from './names.ts';
import { quantityValue } from './quantity.ts';

describe('isImageReference', () => {
  it.each([
    'busybox',
    'busybox:1.36',
    'library/busybox',
    'registry.example:5000/team/app:1.2',
    'Registry.Example/app',
    '[::1]:5000/app',
    'app__x/y-z.w:V1_a.b-c',
    `app@sha256:${'a'.repeat(64)}`,
    `registry.invalid/x:1@sha256:${'0'.repeat(64)}`,
  ])('takes %s', (text) => {
    expect(isImageReference(text)).toBe(true);
  });

  it.each([
    '',
    'UPPER//x',
    'Busybox',
    'a:b:c',
    'a b',
    'a/',
    '/a',
    'a:',
    'a@sha256:12',
    'a..b',
    'a'.repeat(300),
    'f'.repeat(64),
  ])('refuses %j', (text) => {
    expect(isImageReference(text)).toBe(false);
  });
});

describe('quantityValue', () => {
  it.each([
    ['0', 0],
    ['500m', 0.5],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1e3', 1000],
    ['2E', 2e18],
    ['.5', 0.5],
    ['5.', 5],
    ['-1', -1],
  ])('reads %s as %d', (text, want) => {
    expect(quantityValue(text)).toBeCloseTo(want, 9);
  });

  it.each(['', '1 Gi', 'Gi', '1gi', '1e', '--1', '1KiB', '0x10'])('refuses %j', (text) => {
    expect(quantityValue(text)).toBeUndefined();
  });
});

describe('names', () => {
  it.each([
    { check: isDnsLabel, takes: ['a', 'a-1', 'a'.repeat(63)], refuses: ['', '-a', 'a-', 'A', 'a.b', 'a'.repeat(64)] },
    { check: isDnsSubdomain, takes: ['a', 'a.b-c.d'], refuses: ['', 'a..b', '.a', 'A', 'a.'.repeat(127) + 'ab'] },
    { check: isLabelValue, takes: ['', 'a', 'A_b.c-1'], refuses: ['-a', 'a-', 'a b', 'ü', 'a'.repeat(64)] },
    { check: isQualifiedName, takes: ['a', 'x.io/a_B'], refuses: ['', '/a', 'x/', 'a/b/c', 'X.io/a', '-a'] },
    { check: isConfigKey, takes: ['a', '.env', 'A_b-c.d'], refuses: ['', '.', '..', '..a', 'a/b', 'a b'] },
  ])('$check.name', ({ check, takes, refuses }) => {
    expect(takes.filter((text) => !check(text))).toEqual([]);
    expect(refuses.filter(check)).toEqual([]);
  });
});
