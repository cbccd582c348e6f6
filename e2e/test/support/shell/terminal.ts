import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A program on a real terminal of 24 rows and 80 columns. */
export interface Terminal extends AsyncDisposable {
  /** All that was shown so far. */
  readonly shown: () => string;
  /** Waits until this is shown, after what earlier calls waited for. */
  readonly until: (text: string | RegExp) => Promise<string>;
  /** `type TEXT` (escapes as in Python), `size ROWS COLUMNS`, `signal NAME`, `hangup`. */
  readonly order: (order: string) => void;
}

const PATIENCE_MS = 15_000;

/** Starts a program on a terminal. Its last line is `pty: exit CODE, modes as before` (or `changed`). */
export function onTerminal(command: readonly string[], env: NodeJS.ProcessEnv): Terminal {
  const child = spawn('python3', [join(import.meta.dirname, 'on_terminal.py'), ...command], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let shown = '';
  let from = 0;
  let wake = (): void => undefined;
  let ended = false;
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes: Buffer) => {
    shown += bytes.toString('latin1');
    wake();
  });
  child.stderr.on('data', (bytes: Buffer) => (shown += `[stderr: ${bytes.toString()}]`));
  child.on('error', (error) => (shown += `[python3: ${error.message}]`));
  const closed = new Promise<void>((resolve) =>
    child.on('close', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  const find = (text: string | RegExp): number => {
    const rest = shown.slice(from);
    const match = typeof text === 'string' ? text : (text.exec(rest)?.[0] ?? '\0');
    const at = rest.indexOf(match);
    return at === -1 ? -1 : from + at + match.length;
  };
  return {
    shown: () => shown,
    order: (order) => child.stdin.write(`${order}\n`),
    until: async (text) => {
      const late = Date.now() + PATIENCE_MS;
      for (;;) {
        const at = find(text);
        if (at !== -1) {
          from = at;
          return shown.slice(0, at);
        }
        if (ended || Date.now() > late)
          throw new Error(`"${String(text)}" was not shown, but: ${JSON.stringify(shown)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1_000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill('SIGKILL');
      await closed;
    },
  };
}
