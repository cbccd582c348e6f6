import { secretForms } from './secret-forms.ts';

/** What stands in the log for a secret. */
export const MASK = '***';

/** Bytes in which all is hidden: [start, end). */
type Run = { readonly start: number; readonly end: number };
type Form = { readonly bytes: Buffer; readonly borders: Uint32Array };

/** Where a {@link SecretMasker.cut} goes: `bytes` of the input became `data`. */
export type Cut = { readonly bytes: number; readonly data: Buffer };

/**
 * Hides secrets in output. A secret that comes in several chunks is found because a cut is made only where no form of a
 * secret goes on: what is between two cuts can be masked alone, and gives the same again.
 */
export class SecretMasker {
  readonly #forms: readonly Form[];
  readonly #longest: number;

  /** @param values the secrets as they are; see `secretForms` for what else is hidden. */
  constructor(values: Iterable<string>) {
    const forms = new Map<string, Buffer>();
    for (const value of values) for (const form of secretForms(value)) forms.set(form.toString('latin1'), form);
    this.#forms = Array.from(forms.values(), (bytes) => ({ bytes, borders: bordersOf(bytes) }));
    this.#longest = Math.max(0, ...this.#forms.map(({ bytes }) => bytes.length));
  }

  /** The same bytes with every secret in them hidden. */
  mask(bytes: Buffer): Buffer {
    return masked(bytes, this.#runs(bytes));
  }

  /** The same text with every secret in it hidden. */
  text(text: string): string {
    return this.#forms.length === 0 ? text : this.mask(Buffer.from(text)).toString();
  }

  /**
   * Takes as much from the beginning as can be passed on, about `maxBytes` at most. Undefined when that is nothing yet,
   * because all of it may turn out to be a part of a secret.
   *
   * @param isEnd nothing comes after these bytes.
   */
  cut(bytes: Buffer, { maxBytes, isEnd }: { readonly maxBytes: number; readonly isEnd: boolean }): Cut | undefined {
    const window = bytes.subarray(0, maxBytes + 2 * this.#longest);
    const isAll = window.length === bytes.length;
    const runs = this.#runs(window);
    // Behind this, a form may begin of which the rest is not there yet.
    const open = isEnd && isAll ? window.length : this.#openFrom(window);
    let end = Math.min(maxBytes, open);
    const run = runs.find(({ start, end: runEnd }) => start < end && end < runEnd);
    if (run !== undefined) {
      // One that fills the window is of many that overlap: it is cut behind one of them.
      const isPassedOn = run.end <= open || !isAll;
      if (run.start === 0 && !isPassedOn) return undefined;
      end = run.start === 0 ? run.end : run.start;
    }
    if (end === 0) return undefined;
    return { bytes: end, data: masked(window.subarray(0, end), runs) };
  }

  /** Where forms are, those that overlap as one. */
  #runs(bytes: Buffer): Run[] {
    const found: Run[] = [];
    for (const { bytes: form } of this.#forms) {
      for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + 1)) {
        found.push({ start: at, end: at + form.length });
      }
    }
    const runs: Run[] = [];
    for (const next of found.sort((a, b) => a.start - b.start || b.end - a.end)) {
      const last = runs.at(-1);
      if (last === undefined || next.start >= last.end) runs.push(next);
      else if (next.end > last.end) runs[runs.length - 1] = { start: last.start, end: next.end };
    }
    return runs;
  }

  /** The first place from which on all bytes are the beginning of a form; the length when there is none. */
  #openFrom(bytes: Buffer): number {
    return this.#forms.reduce((open, form) => Math.min(open, bytes.length - beginningAtEnd(bytes, form)), bytes.length);
  }
}

const masked = (bytes: Buffer, runs: readonly Run[]): Buffer => {
  if (runs.length === 0) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end } of runs) {
    if (start >= bytes.length) break;
    parts.push(bytes.subarray(at, start), Buffer.from(MASK));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
};

/** For each place in the form: how long the longest beginning of the form is that ends there, the form up to there aside. */
const bordersOf = (form: Buffer): Uint32Array => {
  const borders = new Uint32Array(form.length);
  for (let at = 1, length = 0; at < form.length; at++) {
    length = grown({ bytes: form, borders }, length, form[at]);
    borders[at] = length;
  }
  return borders;
};

/** How much of a form stands at the very end of the bytes, as far as it is not the whole form (Knuth, Morris, Pratt). */
const beginningAtEnd = (bytes: Buffer, form: Form): number => {
  let length = 0;
  for (let at = Math.max(0, bytes.length - form.bytes.length + 1); at < bytes.length; at++) {
    length = grown(form, length, bytes[at]);
  }
  return length;
};

/** Length of the beginning that a byte makes of one of `length`. */
const grown = ({ bytes, borders }: Form, length: number, byte: number | undefined): number => {
  let grownFrom = length;
  while (grownFrom > 0 && bytes[grownFrom] !== byte) grownFrom = borders[grownFrom - 1] ?? 0;
  return bytes[grownFrom] === byte ? grownFrom + 1 : 0;
};
