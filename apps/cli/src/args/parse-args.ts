import { parseArgs as parse } from 'node:util';
import { CliError, messageOf } from '../errors.ts';
import type { CommandSpec, ParsedArgs } from './command-spec.ts';

/**
 * Reads the words after a command's name. Options may stand anywhere; `--` ends them.
 *
 * @throws CliError Usage for an unknown option, a missing or wrong value, or a wrong number of arguments.
 */
export const parseArgs = (command: CommandSpec, words: readonly string[]): ParsedArgs => {
  const { values, positionals } = split(command, words);
  if (values['help'] === true) return { args: positionals, options: values };
  for (const [name, { choices }] of Object.entries(command.options)) {
    const value = values[name];
    if (choices !== undefined && value !== undefined && !choices.includes(String(value))) {
      throw usage(command, `--${name}: expected one of ${choices.join(', ')}, got "${value}"`);
    }
  }
  const missing = command.args[positionals.length];
  if (missing !== undefined) throw usage(command, `${command.name}: ${missing} is missing`);
  const extra = positionals[command.args.length];
  if (extra !== undefined) throw usage(command, `${command.name}: unexpected argument "${extra}"`);
  return { args: positionals, options: values };
};

const split = (
  command: CommandSpec,
  words: readonly string[],
): { values: Record<string, string | true>; positionals: string[] } => {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { short, value }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parse({ args: [...words], options, allowPositionals: true, strict: true });
    return { values: { ...values } as Record<string, string | true>, positionals };
  } catch (cause) {
    throw usage(command, firstSentence(messageOf(cause)), cause);
  }
};

const firstSentence = (text: string): string => text.split(/\.(?: |$)/u, 1)[0] ?? text;

const usage = (command: CommandSpec, message: string, cause?: unknown): CliError =>
  new CliError('Usage', message, { hint: `see danube ${command.name} --help`, cause });
