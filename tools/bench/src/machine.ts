import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** Where and when the figures that follow were measured. */
export const machine = (): object => ({
  id: 'machine',
  date: new Date().toISOString(),
  processors: availableParallelism(),
  model: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  loadBefore: loadavg()[0] ?? null,
});
