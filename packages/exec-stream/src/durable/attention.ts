import type { StreamBytes } from '../types.ts';

/** How a reader reaches the launcher of its run. */
export interface AttentionSink {
  /** Nothing below these offsets is needed any more. */
  acknowledged(offsets: StreamBytes): void;
  /** Somebody still reads. */
  watching(): void;
}

const RENEW_EVERY_MS = 3_000;
/** Acknowledgements of this time go together. */
const GATHER_MS = 20;

/** What a reader tells the launcher while it reads: that it is there, and what it needs no more. */
export class Attention {
  readonly #acknowledged: { -readonly [stream in keyof StreamBytes]: number } = { stdout: 0, stderr: 0 };
  #sink: AttentionSink | undefined;
  #gathering: NodeJS.Timeout | undefined;

  acknowledge(offsets: Partial<StreamBytes>): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const offset = offsets[stream];
      if (offset === undefined) continue;
      if (!Number.isSafeInteger(offset) || offset < 0) {
        throw new TypeError(`${stream}: expected an offset, got ${offset}`);
      }
      this.#acknowledged[stream] = offset;
    }
    this.#gathering ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  /** Tells this sink from now on, until the answer is disposed of. What was acknowledged before is told again. */
  attach(sink: AttentionSink): Disposable {
    this.#sink = sink;
    if (this.#acknowledged.stdout + this.#acknowledged.stderr > 0) this.#tell();
    sink.watching();
    const renewing = setInterval(() => sink.watching(), RENEW_EVERY_MS);
    return {
      [Symbol.dispose]: () => {
        clearInterval(renewing);
        if (this.#gathering) this.#tell();
        this.#sink = undefined;
      },
    };
  }

  #tell(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#sink?.acknowledged({ ...this.#acknowledged });
  }
}
