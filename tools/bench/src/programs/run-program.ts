import { spawn } from 'node:child_process';
import { join } from 'node:path';
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

/**
 * Node with a program of this tool and the packages as they are published: built, and not from source, for which Node would
 * load a compiler into the process that is measured. See {@link buildPackages}.
 */
export const nodeProgram = (source: string, ...args: readonly string[]): string[] => {
  const built = source.replace('/tools/bench/src/', '/tools/bench/dist/').replace(/\.ts$/, '.js');
  return [process.execPath, '--disable-warning=ExperimentalWarning', '--expose-gc', built, ...args];
};

/** Builds the packages, so that what is measured is what users get, and the programs of this tool. */
export const buildPackages = async (): Promise<void> => {
  const root = join(import.meta.dirname, '../../../..');
  await runProgram(
    [
      join(root, 'node_modules/.bin/nx'),
      ...['run-many', '-t', 'build', '-p', 'k8s-client', 'exec-stream', 'pod-builder', 'bench'],
    ],
    {
      cwd: root,
      env: { NX_DAEMON: 'false', NX_TUI: 'false' },
    },
  );
};
