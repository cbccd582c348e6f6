import { openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Happening } from '../domain/job-machine.ts';

/** A happening, and when it came, in milliseconds since 1970. */
export type Logged = { readonly at: number; readonly happening: Happening };

/**
 * What happened to the job, one line each. Decisions are pure, so these lines are the whole state: a coordinator that is
 * started again decides the same from them and goes on.
 *
 * A line is written before anything follows from it. It survives the end of the process, not that of the node: with the
 * node the volume is gone too.
 */
export class StateLog {
  readonly #file: string;
  #fd: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** What happened so far. A last line that was cut short by the end of the process did not happen, and is removed. */
  read(): Logged[] {
    const text = readIfThere(this.#file);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(this.#file, Buffer.byteLength(whole));
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Logged);
  }

  /** Adds a line. */
  append(logged: Logged): void {
    this.#fd ??= openSync(this.#file, 'a', 0o600);
    writeSync(this.#fd, `${JSON.stringify(logged)}\n`);
  }
}

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};
