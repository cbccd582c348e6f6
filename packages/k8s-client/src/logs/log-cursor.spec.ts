import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogCursor } from './log-cursor.ts';

type Line = { readonly time: string; readonly text: string };

const timeOf = (nanos: bigint): string => {
  const whole = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
};

/** The log as a server sends it: every line from a whole second on, each with its time. */
const served = (lines: readonly Line[], sinceTime: string | undefined): Buffer => {
  const since = sinceTime === undefined ? -Infinity : Date.parse(sinceTime);
  const wanted = lines.filter(({ time }) => Date.parse(`${time.slice(0, 19)}Z`) >= since);
  return Buffer.from(wanted.map(({ time, text }) => `${time} ${text}\n`).join(''));
};

const push = (cursor: LogCursor, chunk: Buffer): string => Buffer.concat([...cursor.push(chunk)]).toString();

/** Lines of two streams: their times rise, but two neighbours may stand in the wrong order by up to half a second. */
const logs = fc
  .array(fc.record({ gap: fc.constantFrom(0, 0, 1, 300, 900, 2500), text: fc.string({ maxLength: 12 }) }), {
    maxLength: 40,
  })
  .map((steps): Line[] => {
    let at = 1_700_000_000_000_000_000n;
    const lines = steps.map(({ gap, text }) => {
      at += BigInt(gap) * 1_000_000n;
      return { time: timeOf(at), text: text.replaceAll('\n', ' ') };
    });
    return lines.flatMap((line, index) => {
      const next = lines[index + 1];
      if (index % 2 === 0 && next !== undefined && Date.parse(next.time) - Date.parse(line.time) < 500) return [next];
      const before = lines[index - 1];
      const swapped = index % 2 === 1 && before !== undefined && Date.parse(line.time) - Date.parse(before.time) < 500;
      return swapped ? [before] : [line];
    });
  });

describe('LogCursor', () => {
  it('hands on every byte once, wherever connections break and however chunks are cut', () => {
    fc.assert(
      fc.property(
        logs,
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 8 }),
        fc.record({ chunkBytes: fc.integer({ min: 1, max: 50 }), keepTimes: fc.boolean() }),
        (lines, breaks, { chunkBytes, keepTimes }) => {
          const cursor = new LogCursor({ keepTimes, isPart: false });
          let got = '';
          for (const bytesUntilBreak of [...breaks, Infinity]) {
            const answer = served(lines, cursor.sinceTime);
            cursor.resume();
            const bytes = Math.min(answer.length, bytesUntilBreak);
            for (let at = 0; at < bytes; at += chunkBytes) {
              got += push(cursor, answer.subarray(at, Math.min(at + chunkBytes, bytes)));
            }
          }
          expect(got).toBe(lines.map(({ time, text }) => `${keepTimes ? `${time} ` : ''}${text}\n`).join(''));
        },
      ),
      { numRuns: 1000 },
    );
  });

  const second = (n: number, fraction: string): string => `2026-01-01T00:00:0${n}.${fraction}Z`;

  it('asks again from a second before the newest line', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: false });
    expect(cursor.sinceTime).toBeUndefined();
    push(cursor, Buffer.from(`${second(5, '9')} a\n`));
    expect(cursor.sinceTime).toBe('2026-01-01T00:00:04Z');
  });

  it('does not bring what tailLines left out', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: true });
    expect(push(cursor, Buffer.from(`${second(5, '3')} c\n`))).toBe('c\n');
    cursor.resume();
    const again = Buffer.from(`${second(5, '1')} a\n${second(5, '2')} b\n${second(5, '3')} c\n${second(5, '4')} d\n`);
    expect(push(cursor, again)).toBe('d\n');
  });

  it('brings a line that is older than the first one but stands behind it', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: true });
    expect(push(cursor, Buffer.from(`${second(5, '3')} c\n`))).toBe('c\n');
    cursor.resume();
    const again = Buffer.from(`${second(5, '1')} a\n${second(5, '3')} c\n${second(5, '2')} late\n`);
    expect(push(cursor, again)).toBe('late\n');
  });

  it('leaves out the end of a long line whose start is older than what was asked for', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: false });
    push(cursor, Buffer.from(`${second(5, '3')} a\n`));
    cursor.resume();
    expect(push(cursor, Buffer.from(`of a long line\n${second(5, '3')} a\n${second(6, '0')} b\n`))).toBe('b\n');
  });

  it('goes on when the node has thrown the oldest of it away', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: false });
    push(cursor, Buffer.from(`${second(5, '1')} a\n${second(5, '2')} b\n`));
    cursor.resume();
    expect(push(cursor, Buffer.from(`${second(5, '2')} b\n${second(5, '4')} c\n`))).toBe('c\n');
  });

  it('refuses an answer without times', () => {
    const cursor = new LogCursor({ keepTimes: false, isPart: false });
    expect(() => push(cursor, Buffer.from('plain text\n'))).toThrow('does not start with its time');
  });
});
