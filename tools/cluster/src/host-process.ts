import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for another one: ids are used again, start times and boots are not. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string; readonly boot: string };

/** Who a running process is; undefined when there is none of that id (or only its zombie). */
export const identityOf = (pid: number): ProcessIdentity | undefined => {
  try {
    // The name in field 2 may hold spaces and parentheses; the state and what follows stand after its last `)`.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
    return { pid, startTime, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return undefined;
  }
};

/** Whether this very process still runs. */
export const isAlive = ({ pid, startTime, boot }: ProcessIdentity): boolean => {
  const now = identityOf(pid);
  return now?.startTime === startTime && now.boot === boot;
};

/** Kills this very process, if it still runs. */
export const killHard = (process_: ProcessIdentity): void => {
  if (!isAlive(process_)) return;
  try {
    process.kill(process_.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended in between
  }
};
