import { setTimeout as sleep } from 'node:timers/promises';
import { ServerControl } from '../programs/server-control.ts';

/** What a process costs while nothing happens. */
export type Idle = { readonly cpuMsPerSecond: number; readonly handshakes: number; readonly requests: number };

/** The end of the start: connections that are still being opened, garbage that is still being collected. */
const SETTLE_MS = 2000;

/** Measures it and prints it. */
export const measureIdle = async (idleMs: number): Promise<void> => {
  const control = new ServerControl();
  await sleep(SETTLE_MS);
  const before = await control.stats();
  const cpu = process.cpuUsage();
  await sleep(idleMs);
  const { user, system } = process.cpuUsage(cpu);
  const { handshakes, requests } = await control.stats();
  const idle: Idle = {
    cpuMsPerSecond: (user + system) / idleMs,
    handshakes: handshakes - before.handshakes,
    requests: requests - before.requests,
  };
  process.stdout.write(`${JSON.stringify(idle)}\n`);
  control.close();
};
