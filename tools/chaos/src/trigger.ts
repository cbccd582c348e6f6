import type { Fault, Marker } from './fault.ts';

/** Finds the byte at which a fault happens to a connection. */
export class Trigger {
  readonly #fault: Fault;
  #passed = 0;
  /** Set once it has happened: the bytes since then. */
  #since: number | undefined;
  /** Set once its text was found: bytes of that side until it happens. */
  #countdown: number | undefined;
  #tail = '';

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  /** Bytes of this piece that pass before it happens; more than there are when it does not, and less than none after it. */
  look(from: Marker['from'], bytes: Buffer): number {
    if (this.#since !== undefined) {
      const left = -this.#since;
      this.#since += bytes.length;
      return left;
    }
    const left = this.#position(from, bytes);
    this.#passed += bytes.length;
    if (left <= bytes.length) this.#since = Math.max(1, bytes.length - left);
    return left;
  }

  #position(from: Marker['from'], bytes: Buffer): number {
    const fault = this.#fault;
    if (fault.kind === 'none') return Infinity;
    if ('afterBytes' in fault) return fault.afterBytes - this.#passed;
    const { at } = fault;
    if (at.from !== from) return Infinity;
    this.#countdown ??= this.#find(at, bytes);
    if (this.#countdown === undefined) return Infinity;
    const left = this.#countdown;
    this.#countdown -= bytes.length;
    return left;
  }

  #find({ text, skipBytes }: Marker, bytes: Buffer): number | undefined {
    const seen = this.#tail + bytes.toString('latin1');
    const index = seen.indexOf(text);
    if (index === -1) {
      this.#tail = seen.slice(1 - text.length);
      return undefined;
    }
    return Math.max(0, index + Math.ceil(text.length / 2) + skipBytes - this.#tail.length);
  }
}
