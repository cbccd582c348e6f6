import { readdir, readFile } from 'node:fs/promises';

/** Process ids of this machine, containers of a cluster on it included, that have this in their environment. */
export const processesWith = async (variable: string): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that has ended meanwhile, or is not ours to look at, has nothing in its environment.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(variable) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
};

/** Sends a signal to all of them; gives how many there were. */
export const signalAll = (pids: readonly number[], signal: NodeJS.Signals): number => {
  let hit = 0;
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
      hit += 1;
    } catch {
      // it has ended by itself
    }
  }
  return hit;
};
