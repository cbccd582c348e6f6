import { readFile } from 'node:fs/promises';
import { ConfigError } from '../errors/failures.ts';

/** A file whose content is read again when it may have changed. */
export class FileSource {
  readonly path: string;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #field: string;
  #content: string | undefined;
  #readAtMs = 0;
  #reading: Promise<string> | undefined;

  constructor(
    path: string,
    options: { readonly field: string; readonly maxAgeMs: number; readonly now: () => number },
  ) {
    this.path = path;
    this.#field = options.field;
    this.#maxAgeMs = options.maxAgeMs;
    this.#now = options.now;
  }

  /** The content, at most `maxAgeMs` old. When it cannot be read again, what was read before stays in use. */
  read(): string | Promise<string> {
    if (this.#content !== undefined && this.#now() - this.#readAtMs < this.#maxAgeMs) return this.#content;
    return this.reread();
  }

  /** Reads now. Always by path, never through a kept descriptor: kubelet swaps the `..data` link under it. */
  reread(): Promise<string> {
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #load(): Promise<string> {
    try {
      const content = (await readFile(this.path, 'utf8')).trim();
      if (content === '') throw new ConfigError(`${this.#field}: ${this.path} is empty`);
      this.#content = content;
    } catch (error) {
      if (this.#content === undefined) throw unreadable(this.#field, this.path, error);
    }
    this.#readAtMs = this.#now();
    return this.#content;
  }
}

const unreadable = (field: string, path: string, error: unknown): ConfigError =>
  error instanceof ConfigError
    ? error
    : new ConfigError(`${field}: cannot read ${path}`, {
        cause: error,
        hint: 'check that the file exists and is readable',
      });
