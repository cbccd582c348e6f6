import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Variable in the environment of every process of a container. It is how strays are found that left session and group. */
export const COOKIE_VARIABLE = 'CLUSTER_SIM_CONTAINER';

const RESCAN_MS = 10;
const GIVE_UP_MS = 5_000;

const carries = (pid: string, needle: Buffer): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`).includes(needle);
  } catch {
    return false; // ended meanwhile, or not ours
  }
};

/** Without /proc, `ps` shows the environment of our own processes. */
const findByPs = (needle: string): number[] => {
  try {
    const table = execFileSync('ps', ['-Aww', '-E', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    return table.split('\n').flatMap((line) => (line.includes(needle) ? [Number.parseInt(line, 10)] : []));
  } catch {
    return [];
  }
};

/** Ids of the live processes that carry a cookie. A zombie has no environment any more, so it is not counted. */
export const findProcesses = (cookie: string): number[] => {
  const needle = `${COOKIE_VARIABLE}=${cookie}`;
  if (process.platform !== 'linux') return findByPs(needle).filter((pid) => pid !== process.pid);
  const bytes = Buffer.from(needle);
  return readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry) && carries(entry, bytes))
    .map(Number);
};

/** Sends a signal and ignores that the process (negative: the group) is gone already. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // already gone
  }
};

/**
 * Ends every process of a container with KILL: the group of its main process and whatever carries its cookie, again and
 * again until none is left, so that one which forks meanwhile does not get away.
 */
export const killAll = async (cookie: string, groupLeader: number | undefined): Promise<void> => {
  if (groupLeader !== undefined) sendSignal(-groupLeader, 'SIGKILL');
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let left = findProcesses(cookie); left.length > 0; left = findProcesses(cookie)) {
    if (performance.now() > giveUpAt) return; // e.g. stuck in the kernel; nothing more can be done from here
    for (const pid of left) sendSignal(pid, 'SIGKILL');
    await sleep(RESCAN_MS);
  }
};
