import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { StreamName } from '../worker/step-runner.ts';

/** Where the lane stands: which of its entries comes next, and how much of that one's output was reported. */
export type Place = {
  readonly entry: number;
  readonly offsets: Readonly<Record<StreamName, number>>;
  readonly logComplete: boolean;
};

/** How an event that was sent was cut: with this the same event can be made again. */
export type Sent = { readonly at: string; readonly stream?: StreamName; readonly bytes?: number };

/** How far reporting has come: what is acknowledged, and what was sent after that and may have arrived. */
export type Checkpoint = { readonly seq: number; readonly place: Place; readonly sent: readonly Sent[] };

/** The place at the beginning. */
export const START: Place = { entry: 0, offsets: { stdout: 0, stderr: 0 }, logComplete: true };

/**
 * The checkpoint on the control volume. It is written before a batch leaves, so that a coordinator that is started again
 * sends the very same events under the very same numbers, and the api-server can tell them from new ones.
 */
export class CheckpointFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The last one that was written, or that of the beginning. */
  read(): Checkpoint {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Checkpoint;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { seq: 0, place: START, sent: [] };
      throw error;
    }
  }

  /** Replaces it, as a whole or not at all. */
  write(checkpoint: Checkpoint): void {
    writeFileSync(`${this.#file}.tmp`, JSON.stringify(checkpoint), { mode: 0o600 });
    renameSync(`${this.#file}.tmp`, this.#file);
  }
}
