import type { CommandSpec } from './command-spec.ts';
import { commands } from './commands.ts';

/** What `danube help` prints. */
export const overview = (): string => {
  const ofHelp = 'help [COMMAND]';
  const width = Math.max(...commands.map((command) => usageOf(command).length), ofHelp.length);
  return `Danube runs CI jobs as Kubernetes pods, or on this machine in local mode.

Usage: danube COMMAND [OPTIONS] [ARGUMENTS]

Commands:
${commands.map((command) => `  ${usageOf(command).padEnd(width)}  ${command.summary}`).join('\n')}
  ${ofHelp.padEnd(width)}  Show this help, or that of a command

Environment:
  DANUBE_SERVER  URL of the Danube server, for all commands but version and help
  NO_COLOR       Set it to get no colours
  CI             Set it to get plain lines instead of the live view

Start with: danube run examples/hello.yaml
`;
};

/** What `danube COMMAND --help` prints. */
export const commandHelp = (command: CommandSpec): string => {
  const rows = Object.entries(command.options).map(([name, { short, value, help }]) => ({
    left: `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  const sections = [
    `${command.summary}.`,
    `Usage: danube ${usageOf(command, ' [OPTIONS]')}`,
    `Options:\n${rows.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`).join('\n')}`,
    ...command.details,
    `Examples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`,
  ];
  return `${sections.join('\n\n')}\n`;
};

const usageOf = ({ name, args }: CommandSpec, options = ''): string => [`${name}${options}`, ...args].join(' ');
