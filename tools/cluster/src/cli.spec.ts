import { describe, expect, it } from '@jest/globals';
import { commands, parseCommandLine } from './cli.ts';
import { help } from './help.ts';

describe('parseCommandLine', () => {
  it('understands options before and after the command', () => {
    const want = { command: 'up', args: [], input: { name: 'a', port: '1' }, existing: false, downMs: 0 };
    expect(parseCommandLine(['up', '--name', 'a', '--port=1'])).toEqual(want);
    expect(parseCommandLine(['--name', 'a', '--port=1', 'up'])).toEqual(want);
  });

  it('leaves what follows kubectl alone', () => {
    expect(parseCommandLine(['--name', 'a', 'kubectl', 'get', 'pods', '-A', '--name', 'b'])).toMatchObject({
      command: 'kubectl',
      args: ['get', 'pods', '-A', '--name', 'b'],
      input: { name: 'a' },
    });
  });

  it.each([[['--help']], [['-h']], [['up', '--help']]])('gives help for %j', (argv) => {
    expect(parseCommandLine(argv)).toEqual({ command: 'help' });
  });

  it.each([
    { argv: [], want: /no command given/ },
    { argv: ['start'], want: /unknown command "start"/ },
    { argv: ['up', 'now'], want: /up: unexpected argument "now"/ },
    { argv: ['load-image'], want: /load-image needs an argument/ },
    { argv: ['restart', 'a', 'b'], want: /unexpected argument "b"/ },
    { argv: ['restart', 'kubelet', '--down-ms', 'soon'], want: /--down-ms/ },
    { argv: ['up', '--fast'], want: /--fast/ },
  ])('refuses $argv with exit code 2', ({ argv, want }) => {
    expect(() => parseCommandLine(argv)).toThrow(expect.objectContaining({ code: 'BadOption', exitCode: 2 }));
    expect(() => parseCommandLine(argv)).toThrow(want);
  });
});

describe('help', () => {
  it.each(commands)('explains %s', (command) => {
    expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});
