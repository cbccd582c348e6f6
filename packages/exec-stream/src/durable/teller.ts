import type { StreamBytes } from '../types.ts';
import type { Attention } from './attention.ts';
import type { RunFiles } from './run-files.ts';

/** Tells the launcher by files what a reader of the volume wants it to know. */
export class Teller implements AsyncDisposable {
  readonly #files: RunFiles;
  #attached: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(files: RunFiles) {
    this.#files = files;
  }

  /** Begins to tell. To be called when the files are there; without effect after the first time. */
  begin(attention: Attention): void {
    this.#attached ??= attention.attach({
      acknowledged: (offsets: StreamBytes) => this.#then(() => this.#files.acknowledge(offsets)),
      watching: () => this.#then(() => this.#files.renewLease()),
    });
  }

  /** @throws ExecError EXEC_JOURNAL when something could not be written: the command would wait for ever */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#attached?.[Symbol.dispose]();
    await this.#writing;
  }

  #then(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#failure = error;
    });
  }
}
