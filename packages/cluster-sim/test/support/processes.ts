import { readFileSync } from 'node:fs';
import { COOKIE_VARIABLE, findProcesses } from '../../src/kubelet/process-tree.ts';

const environOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return ''; // ended meanwhile; the processes of every simulator on this machine are looked at
  }
};

/** The cookie of a process of a simulator whose environment holds a text; undefined while there is none. */
export const cookieOf = (text: string): string | undefined => {
  const environ =
    findProcesses('')
      .map(environOf)
      .find((entry) => entry.includes(text)) ?? '';
  return new RegExp(`${COOKIE_VARIABLE}=([^\\0]+)`).exec(environ)?.[1];
};

/** The part of a cookie that all containers of one simulator have. */
export const simulatorOf = (text: string): string | undefined => cookieOf(text)?.replace(/\/.*/, '/');
