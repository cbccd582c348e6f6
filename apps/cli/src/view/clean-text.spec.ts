import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cleanText } from './clean-text.ts';

describe('cleanText', () => {
  it.each([
    ['plain text', 'héllo wörld 日本 🎉\t!', 'héllo wörld 日本 🎉\t!'],
    ['colours', '\x1b[31mred\x1b[0m', '\x1b[31mred\x1b[0m\x1b[0m'],
    ['cursor moves', 'a\x1b[2Ab\x1b[Hc\x1b[2Jd', 'abcd'],
    ['the alternate screen', '\x1b[?1049hx\x1b[?25l', 'x'],
    ['a title ended by BEL', '\x1b]0;pwned\x07x', 'x'],
    ['a title ended by ST', '\x1b]0;pwned\x1b\\x', 'x'],
    ['a title that does not end', 'x\x1b]0;pwned', 'x'],
    ['a device control string', 'a\x1bP+q\x1b\\b', 'ab'],
    ['a full reset', 'a\x1bcb', 'ab'],
    ['a character set', 'a\x1b(0b', 'ab'],
    ['a lone escape', 'a\x1b', 'a'],
    ['an 8-bit introducer', 'a\x9b2Jb', 'a\ufffd2Jb'],
    ['a bell and a backspace', 'a\x07\x08', 'a\u2407\u2408'],
    ['a question about the cursor', '\x1b[6n', ''],
    ['a line end of Windows', 'abc\r', 'abc'],
    ['progress on one line', '10%\r50%\r100%', '100%'],
    ['progress on one line of Windows', '10%\r100%\r', '100%'],
  ])('handles %s', (_name, line, want) => {
    expect(cleanText(line, true)).toBe(want);
  });

  it('takes out colours when they are not wanted', () => {
    expect(cleanText('\x1b[1;38:2:1:2:3mx\x1b[m', false)).toBe('x');
  });

  it('leaves no control character but tab, whatever comes', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('\x1b', '[', ']', 'P', '\\', '\x07', '\r', '\x9b', '2', ';', 'm', 'J', 'a'),
    });
    fc.assert(
      fc.property(nasty, (line) => {
        expect(cleanText(line, false)).not.toMatch(/[\0-\x08\x0a-\x1f\x7f-\x9f]/);
      }),
      { numRuns: 2000 },
    );
  });
});
