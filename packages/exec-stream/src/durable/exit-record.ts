import { ExecError } from '../errors.ts';
import type { ExitRecord } from '../types.ts';

/** Reads an exit record. @throws ExecError EXEC_JOURNAL when it is not one: user code can write beside it */
export function parseExitRecord(text: string): ExitRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new ExecError('EXEC_JOURNAL', 'the exit record is not JSON', { started: 'yes', cause });
  }
  if (!isWritten(record)) throw new ExecError('EXEC_JOURNAL', 'the exit record has other fields', { started: 'yes' });
  // One look at the clock is enough, and the monotonic one is the better.
  const finishedAt = new Date(Date.parse(record.startedAt) + record.durationMs).toISOString();
  return { ...record, finishedAt };
}

const reasons: readonly ExitRecord['reason'][] = ['exit', 'timeout', 'killed', 'orphaned'];

function isWritten(value: unknown): value is Omit<ExitRecord, 'finishedAt'> {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<ExitRecord>;
  return (
    (record.code === null || isCount(record.code)) &&
    (record.signal === null || typeof record.signal === 'string') &&
    reasons.includes(record.reason as ExitRecord['reason']) &&
    isCount(record.bytes?.stdout) &&
    isCount(record.bytes?.stderr) &&
    isCount(record.durationMs) &&
    isDate(record.startedAt)
  );
}

/** With room for any duration, so that their sum is a date. */
const isDate = (value: unknown): boolean =>
  typeof value === 'string' && /^[12]\d{3}-/.test(value) && !Number.isNaN(Date.parse(value));
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
