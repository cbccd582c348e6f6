import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends KILL to the coordinator of a pod, as only the node can do it. Works where the node is on this machine. */
export const killCoordinator = async (podName: string): Promise<void> => {
  const untilMs = Date.now() + 10_000;
  for (;;) {
    const pids = await processesWith(`DANUBE_POD_NAME=${podName}`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    if (pids.length > 0) return;
    if (Date.now() > untilMs) throw new TypeError(`no process of ${podName} was seen within 10 s`);
    await sleep(50);
  }
};

const processesWith = async (variable: string): Promise<number[]> => {
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
