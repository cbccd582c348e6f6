import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import { type Logged, StateLog } from './state-log.ts';

/**
 * What a coordinator remembers of its job beyond its own end: what happened, and what was reported. It is on the control
 * volume, where only the coordinator can read it.
 *
 * A volume that cannot be written does not end the job: the first failure is told, and from then on there is no memory.
 */
export class JobMemory {
  readonly #happenings: StateLog;
  readonly #checkpoints: CheckpointFile;
  readonly #tell: (error: unknown) => void;
  #state: 'kept' | 'failed' = 'kept';

  constructor(controlDir: string, tell: (error: unknown) => void) {
    const dir = join(controlDir, 'coordinator');
    this.#tell = tell;
    this.#happenings = new StateLog(join(dir, 'happenings.jsonl'));
    this.#checkpoints = new CheckpointFile(join(dir, 'checkpoint.json'));
    this.#ifPossible(() => mkdirSync(dir, { recursive: true, mode: 0o700 }));
  }

  readonly log = {
    read: (): Logged[] => this.#happenings.read(),
    append: (logged: Logged): void => this.#ifPossible(() => this.#happenings.append(logged)),
  };

  readonly checkpoints = {
    read: (): Checkpoint => this.#checkpoints.read(),
    write: (checkpoint: Checkpoint): void => this.#ifPossible(() => this.#checkpoints.write(checkpoint)),
  };

  #ifPossible(write: () => void): void {
    if (this.#state === 'failed') return;
    try {
      write();
    } catch (error) {
      this.#state = 'failed';
      this.#tell(error);
    }
  }
}
