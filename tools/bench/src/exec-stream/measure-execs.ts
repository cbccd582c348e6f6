import { readFileSync, writeFileSync } from 'node:fs';
import { type ExecMeasured, type ExecWork, Tally } from './exec-work.ts';

/** Runs one command to its end and hands its stdout over. Rejects unless it ended with success. */
export type RunExec = (command: readonly string[], take: (bytes: Uint8Array) => void | Promise<void>) => Promise<void>;

/** Does the work with one client, measures it and prints what came of it. The first exec, of `true`, is not counted. */
export const measureExecs = async (work: ExecWork, run: RunExec): Promise<void> => {
  await run(['true'], () => undefined);
  const idleRssBytes = beginMemory();
  const tally = new Tally(work);
  const take = taker(work, tally);
  const latencyMs: number[] = [];
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  for (let index = 0; index < work.execs; index += 1) {
    const beganMs = performance.now();
    await run(work.command, take);
    latencyMs.push(performance.now() - beganMs);
  }
  const { user, system } = process.cpuUsage(cpu);
  const measured: ExecMeasured = {
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssBytes: peakRssBytes(),
    idleRssBytes,
    count: tally.count,
    ...tally.sha256,
    latencyMs: (work.lag ? tally.lagMs : latencyMs).sort((a, b) => a - b),
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
};

/** A reader of this speed. What is fast enough is told so at once, without a promise. */
const taker = (
  { bytesPerSecond, stallMs, check }: ExecWork,
  tally: Tally,
): ((bytes: Uint8Array) => void | Promise<void>) => {
  if (bytesPerSecond === 0) return (bytes) => tally.add(bytes);
  let startedMs = 0;
  let stalled = stallMs === 0 || !check;
  return async (bytes) => {
    startedMs ||= performance.now();
    tally.add(bytes);
    const aheadMs = (tally.count / bytesPerSecond) * 1000 - (performance.now() - startedMs);
    if (aheadMs > 5) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    if (stalled || tally.count < bytesPerSecond) return;
    stalled = true;
    await new Promise((resolve) => setTimeout(resolve, stallMs));
    startedMs += stallMs;
  };
};

/** Memory of the process before the work; the peak begins anew here (Linux, `proc(5)`). */
const beginMemory = (): number => {
  globalThis.gc?.();
  writeFileSync('/proc/self/clear_refs', '5');
  return statusBytes('VmRSS');
};

const peakRssBytes = (): number => statusBytes('VmHWM');

const statusBytes = (name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
