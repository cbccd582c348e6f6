import { ExecAbortedError } from '../errors.ts';
import type { ExitRecord, Journal, JournalChunk } from '../types.ts';
import { Attention } from './attention.ts';

/** Makes a {@link Journal} of a generator that yields the output and returns the exit record. */
export function journalOf(read: (attention: Attention) => AsyncGenerator<JournalChunk, ExitRecord>): Journal {
  const { promise, resolve, reject } = Promise.withResolvers<ExitRecord>();
  const attention = new Attention();
  // The iteration throws the same error; who only iterates need not look at `exit`.
  promise.catch(() => undefined);
  async function* chunks(): AsyncGenerator<JournalChunk, void> {
    try {
      resolve(yield* read(attention));
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      reject(new ExecAbortedError('EXEC_ABORTED', 'the reader stopped before the end', { started: 'yes' }));
    }
  }
  return {
    exit: promise,
    acknowledge: (offsets) => attention.acknowledge(offsets),
    [Symbol.asyncIterator]: chunks,
  };
}
