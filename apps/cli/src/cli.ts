import { type CommandName, commandNamed, commands } from './args/commands.ts';
import { commandHelp, overview } from './args/help.ts';
import { parseArgs } from './args/parse-args.ts';
import type { ParsedArgs } from './args/command-spec.ts';
import { CliError, errorJson, errorLines, exitCodeOf } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { type Io, stopOf, write } from './io.ts';

/** Does what the words after `danube` say. Resolves with the exit code; never rejects. */
export const runCli = async (words: readonly string[], io: Io): Promise<number> => {
  try {
    return await dispatch(words, io);
  } catch (error) {
    const stop = stopOf(io);
    if (stop !== undefined && isAbort(error, io)) return stop.exitCode;
    const json = wantsJson(words);
    const text = json ? JSON.stringify({ error: errorJson(error) }) : errorLines(error).join('\n');
    await write(json ? io.stdout : io.stderr, `${text}\n`);
    return exitCodeOf(error);
  }
};

const dispatch = async ([name, ...words]: readonly string[], io: Io): Promise<number> => {
  if (name === undefined) {
    await write(io.stderr, overview());
    return exitCodes.badInput;
  }
  if (name === 'help' || name === '--help' || name === '-h') return help(words[0], io);
  const command = commandNamed(name === '--version' ? 'version' : name);
  if (command === undefined) throw unknownCommand(name);
  const parsed = parseArgs(command, words);
  if (parsed.options['help'] === true) return help(command.name, io);
  return (await load(command.name))(io, parsed);
};

const help = async (name: string | undefined, io: Io): Promise<number> => {
  const command = name === undefined ? undefined : commandNamed(name);
  if (name !== undefined && name !== 'help' && command === undefined) throw unknownCommand(name);
  await write(io.stdout, command === undefined ? overview() : commandHelp(command));
  return exitCodes.ok;
};

/** What a command does. Each is loaded only when it is asked for: that keeps the others out of its way to start. */
export type Command = (io: Io, parsed: ParsedArgs) => Promise<number>;

const load = async (name: CommandName): Promise<Command> => {
  switch (name) {
    case 'run':
      return (await import('./commands/run.ts')).run;
    case 'submit':
      return (await import('./commands/submit.ts')).submit;
    case 'logs':
      return (await import('./commands/logs.ts')).logs;
    case 'ps':
      return (await import('./commands/ps.ts')).ps;
    case 'get':
      return (await import('./commands/get.ts')).get;
    case 'cancel':
      return (await import('./commands/cancel.ts')).cancel;
    case 'schema':
      return (await import('./commands/schema.ts')).schema;
    case 'version':
      return (await import('./commands/version.ts')).version;
  }
};

const unknownCommand = (name: string): CliError =>
  new CliError('Usage', `unknown command "${name}"`, {
    hint: `expected one of ${commands.map((command) => command.name).join(', ')}, help`,
  });

const isAbort = (error: unknown, { stop, abort }: Io): boolean =>
  error === stop.reason || error === abort.reason || (error as { name?: unknown } | undefined)?.name === 'AbortError';

/** Looked up in the bare words, because an error may be about them. */
const wantsJson = (words: readonly string[]): boolean =>
  words.some(
    (word, index) =>
      word === '--output=json' ||
      word === '-ojson' ||
      (word === 'json' && /^(-o|--output)$/.test(words[index - 1] ?? '')),
  );
