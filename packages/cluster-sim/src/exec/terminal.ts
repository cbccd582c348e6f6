import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const SCRIPT = '/usr/bin/script';
const hasTerminals = (): boolean => process.platform === 'linux' && existsSync(SCRIPT);

const quoted = (argument: string): string => `'${argument.replaceAll("'", `'\\''`)}'`;

/** A terminal comes from `script(1)` where it is the Linux one; elsewhere a "terminal" is plain pipes. */
export const withTerminal = (argv: readonly string[]): readonly string[] =>
  hasTerminals() ? [SCRIPT, '-qefc', argv.map(quoted).join(' '), '/dev/null'] : argv;

/**
 * Gives the terminal of a command made by {@link withTerminal} the size of a resize message; never rejects. What it cannot read it
 * ignores, as the real server does.
 */
export const resizeTerminal = async (script: ChildProcess, message: string): Promise<void> => {
  const size = sizeOf(message);
  if (size !== undefined && hasTerminals()) await resize(script, size);
};

type Size = { readonly columns: number; readonly rows: number };

const sizeOf = (message: string): Size | undefined => {
  try {
    const { Width, Height } = JSON.parse(message) as { Width?: unknown; Height?: unknown };
    return typeof Width === 'number' && typeof Height === 'number' ? { columns: Width, rows: Height } : undefined;
  } catch {
    return undefined;
  }
};

/** The first resize comes with the start, when `script` has not made its terminal yet. */
const TRIES = 50;

const resize = async (script: ChildProcess, { columns, rows }: Size): Promise<void> => {
  for (let tries = 0; tries < TRIES && script.exitCode === null; tries++) {
    const terminal = await terminalOf(script.pid);
    if (terminal !== undefined) {
      const args = ['-F', terminal, 'columns', String(columns), 'rows', String(rows)];
      await new Promise<void>((resolve) => execFile('stty', args, () => resolve()));
      return;
    }
    await sleep(10);
  }
};

/** `script` runs the command as its child, with the terminal as stdin. */
const terminalOf = async (pid: number | undefined): Promise<string | undefined> => {
  try {
    const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
    const terminal = await readlink(`/proc/${child}/fd/0`);
    return terminal.startsWith('/dev/pts/') ? terminal : undefined;
  } catch {
    return undefined;
  }
};
