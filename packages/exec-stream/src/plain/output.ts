import { Readable } from 'node:stream';

/** What one stream may hold before the socket is stopped. One slow stream stops both: there is one socket. */
const BUFFER_BYTES = 1024 * 1024;

/** The readable side of one output stream, which stops and restarts its source. */
export class Output extends Readable {
  readonly #onDemand: () => void;
  bytes = 0;
  /** True while the consumer has had enough. */
  full = false;

  constructor(onDemand: () => void) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#onDemand = onDemand;
  }

  /** Hands a piece on. Afterwards {@link full} says whether to stop. */
  deliver(piece: Buffer): void {
    if (piece.length === 0) return;
    this.bytes += piece.length;
    if (this.destroyed || this.readableEnded) return;
    this.full = !this.push(piece);
  }

  /** No more output. */
  finish(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    if (!this.full) return;
    this.full = false;
    this.#onDemand();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A consumer that walks away must not stop the other stream.
    this.full = false;
    this.#onDemand();
    callback(error);
  }
}
