import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SentinelFilter } from './sentinel.ts';

const NONCE = 'cafebabe';

/** Feeds bytes in pieces of these sizes. */
function filter(bytes: Buffer, sizes: readonly number[]): { output: Buffer; code: number | undefined } {
  const sentinel = new SentinelFilter(NONCE);
  const output: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    output.push(sentinel.push(bytes.subarray(at, at + size)));
    at += size;
  }
  output.push(sentinel.flush());
  return { output: Buffer.concat(output), code: sentinel.sentinel?.code };
}

/** Output that likes to look like a mark. */
const output = fc
  .array(
    fc.oneof(
      fc.constantFrom('\x1e', '\x1eDANUBE:', `\x1eDANUBE:${NONCE}`, `\x1eDANUBE:${NONCE}:x`, 'e1', '\n'),
      fc.string(),
    ),
  )
  .map((parts) => Buffer.from(parts.join('')));
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

describe('the sentinel filter', () => {
  it('takes the mark out, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.tuple(output, output),
        fc.integer({ min: 0, max: 255 }),
        pieces,
        fc.constantFrom('\n', '\r\n'),
        (...[[before, after], code, sizes, end]) => {
          const mark = Buffer.from(`\x1eDANUBE:${NONCE}:e${code}${end}`);
          const result = filter(Buffer.concat([before, mark, after]), sizes);
          expect(result).toEqual({ output: Buffer.concat([before, after]), code });
        },
      ),
    );
  });

  it('changes nothing of a stream without a mark', () => {
    fc.assert(
      fc.property(output, pieces, (bytes, sizes) => {
        expect(filter(bytes, sizes)).toEqual({ output: bytes, code: undefined });
      }),
    );
  });

  it('holds nothing back that cannot be the mark', () => {
    const sentinel = new SentinelFilter(NONCE);
    expect(String(sentinel.push(Buffer.from('a line\n')))).toBe('a line\n');
    expect(String(sentinel.push(Buffer.from('\x1eDAN')))).toBe('');
    expect(String(sentinel.push(Buffer.from('CE\n')))).toBe('\x1eDANCE\n');
  });
});
