import { BenchError } from '../errors.ts';
import type { ClientName } from './exec-contenders.ts';
import type { ExecMeasured } from './exec-work.ts';

/** Speed and its price. @throws BenchError for a client that lost bytes */
export const rates = (
  { seconds, cpuSeconds, count }: ExecMeasured,
  bytes: number,
  client: ClientName,
): { readonly bytesPerSecond: number; readonly cpuPerByte: number } => {
  // kubectl writes to /dev/null, where nobody counts.
  const whole = client.startsWith('kubectl') ? bytes : count;
  if (whole < bytes) throw new BenchError('ProgramFailed', `expected ${bytes} bytes, got ${whole}`);
  return { bytesPerSecond: whole / seconds, cpuPerByte: cpuSeconds / whole };
};
