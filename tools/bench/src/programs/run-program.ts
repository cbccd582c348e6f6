import { spawn } from 'node:child_process';
import { BenchError } from '../errors.ts';

/** Options of {@link runProgram}. */
export type ProgramOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

/** Runs a program to its end and returns its stdout. @throws BenchError with the last lines of its stderr */
export const runProgram = (argv: readonly string[], { cwd, env = {} }: ProgramOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new BenchError(
            'ProgramFailed',
            `${argv.slice(0, 4).join(' ')} ended with ${code ?? 'a signal'}: ${stderr.trim()}`,
          ),
        );
    });
  });

/** On one processor, so that client and server do not take each other's. */
export const pinned = (cpu: 0 | 1, argv: readonly string[]): string[] => ['taskset', '-c', String(cpu), ...argv];

/** Node with the sources of this repository. */
export const nodeProgram = (file: string, ...args: readonly string[]): string[] => [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  '--conditions=@danube/source',
  '--expose-gc',
  file,
  ...args,
];
