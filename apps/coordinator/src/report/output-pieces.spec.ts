import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SecretMasker } from '../secrets/secret-masker.ts';
import { OutputCutter, type OutputPiece } from './output-pieces.ts';

const noSecrets = new SecretMasker([]);
const cut = (chunks: Buffer[], maxBytes: number): OutputPiece[] => {
  const cutter = new OutputCutter(maxBytes, noSecrets);
  return [...chunks.flatMap((chunk) => cutter.push(chunk)), ...cutter.flush()];
};
const bytesOf = (pieces: OutputPiece[]): Buffer =>
  Buffer.concat(pieces.map(({ data, encoding }) => Buffer.from(data, encoding)));

describe('OutputCutter', () => {
  it('gives back any bytes, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'grapheme' })), { maxLength: 8 }),
        fc.integer({ min: 4, max: 64 }),
        (parts, maxBytes) => {
          const chunks = parts.map((part) => Buffer.from(part as string));
          const pieces = cut(chunks, maxBytes);
          expect(bytesOf(pieces)).toEqual(Buffer.concat(chunks));
          for (const { data, encoding } of pieces)
            expect(Buffer.byteLength(data, encoding)).toBeLessThanOrEqual(maxBytes);
        },
      ),
    );
  });

  it('keeps text text, wherever chunks and limits fall', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 9 }), (text, size) => {
        const bytes = Buffer.from(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(cut(chunks, 16).every(({ encoding }) => encoding === 'utf8')).toBe(true);
      }),
    );
  });

  it('does not wait with bytes that can never become a character', () => {
    expect(new OutputCutter(64, noSecrets).push(Buffer.from([0x61, 0xff]))).toEqual([
      { encoding: 'base64', data: 'Yf8=', bytes: 2 },
    ]);
  });

  it('holds back the beginning of a character, and gives it up at the end', () => {
    const cutter = new OutputCutter(64, noSecrets);
    expect(cutter.push(Buffer.from([0x61, 0xe2, 0x82]))).toEqual([{ encoding: 'utf8', data: 'a', bytes: 1 }]);
    expect(cutter.flush()).toEqual([{ encoding: 'base64', data: '4oI=', bytes: 2 }]);
    expect(cutter.flush()).toEqual([]);
  });
});
