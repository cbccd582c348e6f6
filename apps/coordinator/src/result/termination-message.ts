import type { JobResult } from '@danube/contract';
import { writeFileSync } from 'node:fs';

/** What Kubernetes keeps of a termination message. */
const MAX_BYTES = 4096;

/** The `lastSeq` of a result whose log is not numbered to its end yet: no store has it, so no log is called complete. */
export const SEQ_UNKNOWN = Number.MAX_SAFE_INTEGER;

/** The result as JSON of at most 4 KiB: evidence is left out first, then the message is cut. */
export const terminationMessage = (result: JobResult): string => {
  const text = JSON.stringify(result);
  if (Buffer.byteLength(text) <= MAX_BYTES || result.reason === undefined) return text;
  const { code, class: reasonClass, message, hint } = result.reason;
  const lean = (text: string) =>
    JSON.stringify({ ...result, reason: { code, class: reasonClass, message: text, hint: cut(hint, 500) } });
  if (Buffer.byteLength(lean(message)) <= MAX_BYTES) return lean(message);
  // A character of a JSON text takes at most six bytes: `\u0001`.
  return lean(cut(message, Math.floor((MAX_BYTES - Buffer.byteLength(lean(''))) / 6)));
};

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`;

/**
 * Leaves the result where the kubelet looks for it when the container ends. Can be repeated: the last one counts.
 * Written at once, because the process may be ended at any moment.
 */
export const leaveResult = (file: string, result: JobResult): void => {
  writeFileSync(file, terminationMessage(result));
};
