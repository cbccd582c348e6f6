import { parseArgs } from 'node:util';
import { ClusterError, messageOf } from './errors.ts';
import type { SettingsInput } from './settings.ts';

/** Commands of the tool. */
export const commands = ['up', 'down', 'status', 'kubeconfig', 'kubectl', 'load-image', 'restart', 'logs'] as const;

/** One command of the tool. */
export type Command = (typeof commands)[number];

/** A command line, understood. */
export type Invocation =
  | { readonly command: 'help' }
  | {
      readonly command: Command;
      readonly args: readonly string[];
      readonly input: SettingsInput;
      readonly existing: boolean;
      readonly downMs: number;
    };

/** How many arguments each command takes. */
const arity: Readonly<Record<Command, readonly [min: number, max: number]>> = {
  up: [0, 0],
  down: [0, 0],
  status: [0, 0],
  kubeconfig: [0, 0],
  kubectl: [0, Infinity],
  'load-image': [1, Infinity],
  restart: [1, 1],
  logs: [0, 1],
};

/** Understands a command line. What follows `kubectl` is not looked at: put the options of this tool before it. */
export const parseCommandLine = (argv: readonly string[]): Invocation => {
  const at = argv.indexOf('kubectl');
  const [own, rest] = at === -1 ? [argv, []] : [argv.slice(0, at + 1), argv.slice(at + 1)];
  const { values, positionals } = parse(own);
  if (values.help === true) return { command: 'help' };
  const [command, ...args] = [...positionals, ...rest];
  if (command === undefined) throw new ClusterError('BadOption', 'no command given');
  if (!isCommand(command)) throw new ClusterError('BadOption', `unknown command "${command}"`);
  const [min, max] = arity[command];
  if (args.length < min) throw new ClusterError('BadOption', `${command} needs an argument`);
  if (args.length > max) throw new ClusterError('BadOption', `${command}: unexpected argument "${args[max] ?? ''}"`);
  const downMs = Number(values['down-ms'] ?? 0);
  if (!(downMs >= 0 && downMs <= 600_000)) throw new ClusterError('BadOption', '--down-ms: expected 0 to 600000');
  return { command, args, input: { name: values.name, port: values.port }, existing: values.existing === true, downMs };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        port: { type: 'string' },
        'down-ms': { type: 'string' },
        existing: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ClusterError('BadOption', messageOf(error), { cause: error });
  }
};

const isCommand = (word: string): word is Command => (commands as readonly string[]).includes(word);
