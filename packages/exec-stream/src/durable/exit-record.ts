import { ExecError } from '../errors.ts';
import type { EndReason, ExitRecord } from '../types.ts';

/** Reads an exit record. @throws ExecError EXEC_JOURNAL when it is not one: user code can write beside it */
export function parseExitRecord(text: string): ExitRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new ExecError('EXEC_JOURNAL', 'the exit record is not JSON', { started: 'yes', cause });
  }
  if (!isExitRecord(record))
    throw new ExecError('EXEC_JOURNAL', 'the exit record has other fields', { started: 'yes' });
  return record;
}

const reasons: readonly EndReason[] = ['exit', 'timeout', 'killed'];

function isExitRecord(value: unknown): value is ExitRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<ExitRecord>;
  return (
    (record.code === null || isCount(record.code)) &&
    (record.signal === null || typeof record.signal === 'string') &&
    reasons.includes(record.reason as EndReason) &&
    isCount(record.bytes?.stdout) &&
    isCount(record.bytes?.stderr) &&
    isCount(record.durationMs) &&
    typeof record.startedAt === 'string' &&
    typeof record.finishedAt === 'string'
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
