import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COOKIE_VARIABLE } from './kubelet/process-tree.ts';

/**
 * Waits for the end of its input. A clean end of the simulator says `bye` first. Without that the simulator was killed:
 * every process that carries its cookie and every noted process group is killed, and the directory is removed.
 */
const SCRIPT = `
trap '' INT TERM HUP
while read -r line; do [ "$line" = bye ] && exit 0; done
for round in 1 2 3 4 5; do
  for file in $(grep -laFs "$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
  for file in "$2"/pids/*; do [ -e "$file" ] && kill -KILL -- "-\${file##*/}" 2>/dev/null; done
done
rm -rf "$2"
`;

/** Ends the containers of a simulator that was killed before it could do so itself. */
export interface Watchdog {
  /** Notes a process group, for systems where processes cannot be found by their environment. */
  add(pid: number): void;
  /** Forgets a process group that has ended. */
  remove(pid: number): void;
  /** Sends the watchdog away: the simulator ends by itself. */
  dismiss(): Promise<void>;
}

/** Starts the watchdog for a simulator whose files are all in `directory`. */
export const startWatchdog = (simulatorId: string, directory: string): Watchdog => {
  const pids = join(directory, 'pids');
  mkdirSync(pids, { recursive: true });
  const child = spawn('sh', ['-c', SCRIPT, 'cluster-sim-watchdog', `${COOKIE_VARIABLE}=${simulatorId}/`, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  child.unref();
  child.on('error', () => undefined); // no sh on this machine: then no container can be started either
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    add: (pid) => writeFileSync(join(pids, String(pid)), ''),
    remove: (pid) => rmSync(join(pids, String(pid)), { force: true }),
    dismiss: async () => {
      child.ref();
      child.stdin.end('bye\n');
      await ended;
    },
  };
};
