import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

const linesOf = (pieces: readonly Uint8Array[]): string[] => {
  const splitter = new LineSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
};

describe('LineSplitter', () => {
  it('shows a last line that has no line end', () => {
    expect(linesOf([Buffer.from('a\nb')])).toEqual(['a', 'b']);
  });

  it('shows empty lines, and none after the last line end', () => {
    expect(linesOf([Buffer.from('\n\na\n')])).toEqual(['', '', 'a']);
  });

  it('puts characters and lines together wherever they are cut', () => {
    const text = 'grüße\n日本語\n🎉 party\nend';
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        expect(linesOf(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))).toEqual(text.split('\n'));
      }),
    );
  });

  it('keeps going after bytes that are not UTF-8', () => {
    expect(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82])])).toEqual(['a\ufffdb', '\ufffd']);
  });

  it('shows a line without end in pieces instead of keeping all of it', () => {
    const splitter = new LineSplitter();
    const shown = Array.from({ length: 100 }, () => splitter.push(Buffer.alloc(4096, 'x'))).flat();
    expect(shown.length).toBeGreaterThan(1);
    expect([...shown, ...splitter.end()].join('')).toHaveLength(409_600);
  });
});
