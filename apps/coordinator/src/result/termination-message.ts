import type { JobResult, Reason } from '@danube/contract';
import { writeFileSync } from 'node:fs';

/** What Kubernetes keeps of a termination message. */
const MAX_BYTES = 4096;

/** The `lastSeq` of a result whose log is not numbered to its end yet: no store has it, so no log is called complete. */
export const SEQ_UNKNOWN = Number.MAX_SAFE_INTEGER;

/** The result as JSON of at most 4 KiB: evidence is left out first, then the message is cut. */
export const terminationMessage = (result: JobResult): string => {
  const text = JSON.stringify(result);
  if (Buffer.byteLength(text) <= MAX_BYTES || result.reason === undefined) return text;
  const { evidence: _, ...lean } = result.reason;
  const shorter = (message: string) => JSON.stringify({ ...result, reason: { ...lean, message } });
  if (Buffer.byteLength(shorter(lean.message)) <= MAX_BYTES) return shorter(lean.message);
  return shorter(cut(lean, Buffer.byteLength(shorter(''))));
};

// A character of a JSON text takes at most six bytes: `\u0001`.
const cut = ({ message }: Reason, bytesOfTheRest: number): string =>
  `${message.slice(0, Math.floor((MAX_BYTES - bytesOfTheRest) / 6) - 3)}...`;

/**
 * Leaves the result where the kubelet looks for it when the container ends. Can be repeated: the last one counts.
 * Written at once, because the process may be ended at any moment.
 */
export const leaveResult = (file: string, result: JobResult): void => {
  writeFileSync(file, terminationMessage(result));
};
