import { BenchError } from '../errors.ts';
import type { ExecMeasured } from './exec-work.ts';

/** Speed and its price. @throws BenchError for a client that lost bytes */
export const rates = (
  { seconds, cpuSeconds, count }: ExecMeasured,
  bytes: number,
): { readonly bytesPerSecond: number; readonly cpuPerByte: number } => {
  const whole = count === 0 ? bytes : count; // a program that writes to /dev/null
  if (whole < bytes) throw new BenchError('ProgramFailed', `expected ${bytes} bytes, got ${whole}`);
  return { bytesPerSecond: whole / seconds, cpuPerByte: cpuSeconds / whole };
};
