import { spawn } from 'node:child_process';

/** How a command ended, with what it said. */
export type RunResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** What {@link run} may be told. */
export type RunOptions = {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its stdin. @default nothing: stdin is empty */
  readonly input?: string;
  /** Called with each piece of stderr, as it comes: progress. */
  readonly onStderr?: (text: string) => void;
};

/** Runs a program to its end and never rejects: a program that does not exist ends with code 127. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    });
    child.once('error', (error) => {
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => undefined); // a program may end without reading its input
    child.stdin.end(options.input ?? '');
  });

/** The last lines of a text, on one line: evidence for an error message. */
export const tail = (text: string, lines = 3): string => text.trim().split('\n').slice(-lines).join(' | ');
