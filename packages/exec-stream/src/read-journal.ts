import type { Journal, RunRef, StreamBytes } from './types.ts';

/** Options of {@link readJournal}. */
export interface ReadJournalOptions extends RunRef {
  /** Where to go on. @default the beginning */
  readonly offsets?: StreamBytes;
  readonly signal?: AbortSignal;
}

/** Reads a run's output straight from a volume that is shared with its container. */
export declare function readJournal(options: ReadJournalOptions): Journal;
