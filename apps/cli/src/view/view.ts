import type { Job, LogEntry } from '@danube/contract';

/** What a view wants written, and where. */
export type Written = { readonly out?: string | Uint8Array; readonly err?: string | Uint8Array };

/**
 * How a job is shown while it runs. Pure: a view only says what to write. Order of calls: `begin`, then `entry`, `note`
 * and `tick` as things happen, then `end`, after which it is not used again.
 */
export type View = {
  begin(job: Job): Written;
  entry(entry: LogEntry): Written;
  /** Something that the command itself has to say. */
  note(text: string): Written;
  /** Time has passed. Only the live view has something to write then. */
  tick(): Written;
  /** The job as it was seen last; `undefined` when the command gives up before. */
  end(job: Job | undefined): Written;
};

/** What views need to know of the terminal and the clock. */
export type ViewOptions = {
  readonly colours: boolean;
  /** Width of the terminal now. */
  readonly columns: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
