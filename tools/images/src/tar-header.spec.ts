import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ImageError } from './errors.ts';
import { paddingBytes, tarHeader } from './tar-header.ts';

const textAt = (block: Buffer, at: number, width: number): string =>
  block
    .subarray(at, at + width)
    .toString()
    .replace(/\0.*$/s, '');
const octalAt = (block: Buffer, at: number, width: number): number => Number.parseInt(textAt(block, at, width), 8);

describe('tarHeader', () => {
  it('writes each field at its place', () => {
    const block = tarHeader({
      path: 'bin/sh',
      type: 'symlink',
      mode: 0o777,
      size: 0,
      target: 'busybox',
      uid: 1,
      gid: 2,
    });
    expect(block).toHaveLength(512);
    expect(textAt(block, 0, 100)).toBe('bin/sh');
    expect([octalAt(block, 100, 8), octalAt(block, 108, 8), octalAt(block, 116, 8)]).toEqual([0o777, 1, 2]);
    expect([textAt(block, 156, 1), textAt(block, 157, 100)]).toEqual(['2', 'busybox']);
    expect(block.subarray(257, 265).toString('latin1')).toBe('ustar\u000000');
  });

  it('has a checksum that holds', () => {
    const block = tarHeader({ path: 'a', type: 'file', mode: 0o644, size: 7 });
    const checksum = octalAt(block, 148, 8);
    block.fill(' ', 148, 156);
    expect(block.reduce((sum, byte) => sum + byte, 0)).toBe(checksum);
  });

  it('keeps every path that it takes, cut at a slash when it is long', () => {
    const part = fc.stringMatching(/^[a-z0-9._-]{1,60}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.nat(2 ** 30), (parts, size) => {
        const path = parts.join('/');
        const block = tarHeader({ path, type: 'file', mode: 0o644, size });
        const [prefix, name] = [textAt(block, 345, 155), textAt(block, 0, 100)];
        expect(prefix === '' ? name : `${prefix}/${name}`).toBe(path);
        expect(octalAt(block, 124, 12)).toBe(size);
      }),
    );
  });

  it.each([
    ['a name of more than 100 bytes', { path: 'x'.repeat(101), type: 'file' as const }],
    ['a path of more than 255 bytes', { path: `${'x'.repeat(90)}/`.repeat(3) + 'x', type: 'file' as const }],
    ['a target of more than 100 bytes', { path: 'x', type: 'symlink' as const, target: 'y'.repeat(101) }],
  ])('refuses %s', (_what, header) => {
    expect(() => tarHeader({ mode: 0, size: 0, ...header })).toThrow(ImageError);
  });
});

describe('paddingBytes', () => {
  it.each([
    [0, 0],
    [1, 511],
    [511, 1],
    [512, 0],
    [513, 511],
  ])('after %i bytes are %i', (size, want) => {
    expect(paddingBytes(size)).toBe(want);
  });
});
