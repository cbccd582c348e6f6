import { spawn } from 'node:child_process';

/** A program ended otherwise than with 0; its own words are on stderr. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(command: string, exitCode: number | null) {
    super(`${command} ended with ${exitCode ?? 'a signal'}; what it said is above`);
  }
}

/** Options of {@link run}. */
export type RunOptions = { readonly env?: Readonly<Record<string, string>>; readonly input?: string };

/** Runs a program to its end and returns what it wrote to stdout; stderr is shown as it comes. */
export const run = (argv: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    const stdout: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new CommandError(argv.slice(0, 5).join(' '), code));
    });
    child.stdin.on('error', () => undefined); // a program need not read its input
    child.stdin.end(input);
  });
