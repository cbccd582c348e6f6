import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RelayParser } from './relay-parser.ts';

describe('the relay parser', () => {
  it('gives the same bytes wherever the stream is cut', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('o', 'e', 'h'), fc.uint8Array({ maxLength: 50 })));
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (list, sizes) => {
        const want = { stdout: '', stderr: '', record: '{"a":1}\n' };
        const parts: Buffer[] = [];
        for (const [letter, bytes] of list) {
          const body = letter === 'h' ? Buffer.alloc(0) : Buffer.from(bytes);
          parts.push(Buffer.from(`${letter} ${body.length}\n`), body);
          if (letter !== 'h') want[letter === 'o' ? 'stdout' : 'stderr'] += body.toString('latin1');
        }
        parts.push(Buffer.from(`x ${want.record.length}\n${want.record}`));
        const wire = Buffer.concat(parts);
        const got = { stdout: '', stderr: '', record: '' };
        const parser = new RelayParser();
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const event of parser.push(wire.subarray(at, at + size))) {
            if (event.kind === 'record') got.record += event.text;
            else if (event.kind === 'stdout' || event.kind === 'stderr')
              got[event.kind] += event.data.toString('latin1');
          }
          at += size;
        }
        expect(got).toEqual(want);
      }),
    );
  });

  it.each(['hello\n', 'o\n', 'o -1\n', 'z 1\n', 'o 99999999999999999999999999', 'x 99999999\n'])(
    'refuses %j',
    (text) => {
      expect(() => new RelayParser().push(Buffer.from(text))).toThrow();
    },
  );
});
