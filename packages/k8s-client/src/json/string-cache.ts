const SLOTS = 256;
const LONGEST = 64;
const TRIAL = 512;

/**
 * Gives equal texts as one string: phases, nodes, namespaces and label values come again and again, and are then neither
 * made nor kept twice. One cache per field: it gives up on a field whose values do not repeat.
 */
export class StringCache {
  readonly #slots: (string | undefined)[] = Array.from({ length: SLOTS });
  #tries = 0;
  #hits = 0;
  #worthIt = true;

  /** The text of these bytes, which must be ASCII. */
  get(bytes: Buffer, from: number, to: number): string {
    const length = to - from;
    if (!this.#worthIt || length > LONGEST) return bytes.toString('latin1', from, to);
    let hash = length;
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = hash & (SLOTS - 1);
    const known = this.#slots[slot];
    this.#tries += 1;
    if (known !== undefined && known.length === length && isText(known, bytes, from)) {
      this.#hits += 1;
      return known;
    }
    if (this.#tries >= TRIAL) this.#judge();
    return (this.#slots[slot] = bytes.toString('latin1', from, to));
  }

  #judge(): void {
    this.#worthIt = this.#hits > TRIAL / 8;
    if (!this.#worthIt) this.#slots.length = 0;
    this.#tries = 0;
    this.#hits = 0;
  }
}

const isText = (text: string, bytes: Buffer, from: number): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  }
  return true;
};
