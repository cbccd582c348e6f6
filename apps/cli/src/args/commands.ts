import type { CommandSpec, OptionSpec } from './command-spec.ts';

const server: OptionSpec = { value: 'URL', help: 'The Danube server. Default: $DANUBE_SERVER' };
const jsonOutput: OptionSpec = { value: 'FORMAT', choices: ['text', 'json'], help: 'text (default) or json' };
const logOutput: OptionSpec = {
  value: 'FORMAT',
  choices: ['auto', 'live', 'plain', 'raw', 'json'],
  help: 'live (default on a terminal), plain (default elsewhere), raw or json',
};
const help: OptionSpec = { short: 'h', help: 'Show this help' };

const formats = `Formats: "live" redraws the running step at the bottom of the terminal. "plain" prints lines only, "STEP | text"
for stdout and "STEP ! text" for stderr. "raw" writes the bytes of the steps to stdout and stderr as they came, and
nothing else. "json" prints one JSON object per line: {"job":…} first, {"position":…,"event":…} for each entry of the
log, and {"job":…} or {"error":…} last.`;

const exits = `Exit code: 0 the job succeeded; 1 a step failed or timed out, or somebody cancelled the job; 2 the arguments or the
job file are wrong, nothing was created; 3 the server, the cluster or this machine failed; 130 after Ctrl-C.`;

/** All commands, in the order of help. */
export const commands = [
  {
    name: 'run',
    args: ['FILE'],
    summary: 'Run the job of a file and follow it to its end',
    options: {
      server: { ...server, help: 'Run it on this Danube server. Default: $DANUBE_SERVER; without both, local mode' },
      local: { help: 'Run it in local mode even if $DANUBE_SERVER is set' },
      output: { short: 'o', ...logOutput },
      help,
    },
    details: [
      `FILE is a job file in YAML or JSON, or - for standard input.`,
      `Local mode needs no cluster: the whole of Danube runs in this process for the time of the job, and the steps run as
processes of this machine, with its own programs and this user's rights. The image is ignored. There is no isolation.`,
      `Ctrl-C cancels the job and waits for its end; a second Ctrl-C ends at once.`,
      formats,
      exits,
    ],
    examples: [
      'danube run ci.yaml',
      'danube run --server http://danube.example:8080 ci.yaml',
      'danube run -o json ci.yaml',
    ],
  },
  {
    name: 'submit',
    args: ['FILE'],
    summary: 'Queue the job of a file and print its id',
    options: { server, output: { short: 'o', ...jsonOutput }, help },
    details: [`FILE is a job file in YAML or JSON, or - for standard input. With "json" the job itself is printed.`],
    examples: ['id=$(danube submit ci.yaml)'],
  },
  {
    name: 'logs',
    args: ['ID'],
    summary: 'Print the log of a job',
    options: {
      follow: { short: 'f', help: 'Follow it until the job ends; the exit code is then that of run' },
      server,
      output: { short: 'o', ...logOutput },
      help,
    },
    details: [`Ctrl-C stops following; the job goes on.`, formats, exits],
    examples: ['danube logs -f 01k9', 'danube logs --output raw 01k9 2>errors.txt >output.txt'],
  },
  {
    name: 'ps',
    args: [],
    summary: 'List the newest jobs',
    options: { server, output: { short: 'o', ...jsonOutput }, help },
    details: [`With "json" each line is a job.`],
    examples: ['danube ps', 'danube ps -o json'],
  },
  {
    name: 'get',
    args: ['ID'],
    summary: 'Show a job and its steps',
    options: { server, output: { short: 'o', ...jsonOutput }, help },
    details: [],
    examples: ['danube get 01k9'],
  },
  {
    name: 'cancel',
    args: ['ID'],
    summary: 'Cancel a job',
    options: { server, output: { short: 'o', ...jsonOutput }, help },
    details: [
      `The running step is asked to end (TERM), and made to (KILL) after a grace. Cancelling twice does no harm.`,
    ],
    examples: ['danube cancel 01k9'],
  },
  {
    name: 'schema',
    args: [],
    summary: 'Print the JSON Schema of job files, for editors',
    options: { help },
    details: [],
    examples: ['danube schema > pipeline.schema.json'],
  },
  {
    name: 'version',
    args: [],
    summary: 'Print the version',
    options: { output: { short: 'o', ...jsonOutput }, help },
    details: [],
    examples: ['danube version'],
  },
] as const satisfies readonly CommandSpec[];

/** Name of a command. */
export type CommandName = (typeof commands)[number]['name'];

/** The command of a name, if there is one. */
export const commandNamed = (name: string): (CommandSpec & { readonly name: CommandName }) | undefined =>
  commands.find((command) => command.name === name);
