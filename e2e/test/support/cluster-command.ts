import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../../tools/cluster/src/main.ts');
const node = ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source', main];

/** The cluster tool as its own process, as a person starts it. */
export const startCommand = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [...node, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** How the tool ended, with what it wrote. */
export const runCommand = async (...args: string[]) => {
  const child = startCommand(...args);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout.trim(), stderr: stderr.trim() };
};
