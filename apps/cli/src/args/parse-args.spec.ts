import { describe, expect, it } from '@jest/globals';
import { errorLines } from '../errors.ts';
import { commandHelp, overview } from './help.ts';
import { commandNamed, commands } from './commands.ts';
import { parseArgs } from './parse-args.ts';

const run = commandNamed('run')!;
const failure = (words: readonly string[]): string => {
  try {
    parseArgs(run, words);
    return '';
  } catch (error) {
    return errorLines(error).join('\n');
  }
};

describe('parseArgs', () => {
  it.each([
    [['ci.yaml'], { args: ['ci.yaml'], options: {} }],
    [['-o', 'json', 'ci.yaml'], { args: ['ci.yaml'], options: { output: 'json' } }],
    [['ci.yaml', '--server=http://x', '--local'], { args: ['ci.yaml'], options: { server: 'http://x', local: true } }],
    [['--', '--odd-name'], { args: ['--odd-name'], options: {} }],
    [['-'], { args: ['-'], options: {} }],
    [['--help'], { args: [], options: { help: true } }],
  ])('reads %j', (words, want) => {
    expect(parseArgs(run, words)).toEqual(want);
  });

  it.each([
    [[], 'danube: run: FILE is missing; see danube run --help'],
    [['a', 'b'], 'danube: run: unexpected argument "b"; see danube run --help'],
    [['--bogus', 'a'], "danube: Unknown option '--bogus'; see danube run --help"],
    [['a', '-o'], "danube: Option '-o, --output <value>' argument missing; see danube run --help"],
    [
      ['a', '-o', 'xml'],
      'danube: --output: expected one of auto, live, plain, raw, json, got "xml"; see danube run --help',
    ],
  ])('refuses %j', (words, want) => {
    expect(failure(words)).toBe(want);
  });
});

describe('help', () => {
  it('names every command, and each fits a terminal of 120 columns', () => {
    for (const command of commands) {
      expect(overview()).toContain(`  ${command.name}`);
      const text = commandHelp(command);
      for (const option of Object.keys(command.options)) expect(text).toContain(`--${option}`);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    }
  });
});
