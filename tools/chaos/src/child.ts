import type { ChildProcess } from 'node:child_process';

/** Ends a child when this process ends, whatever ends it. */
export function endsWithUs<T extends ChildProcess>(child: T): T {
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  child.once('close', () => process.off('exit', atExit));
  return child;
}
