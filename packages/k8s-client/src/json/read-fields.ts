import type { FieldNode } from './field-selection.ts';
import { endsTooEarly, skipSpace, skipValue } from './scan.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const FIRST_NON_ASCII = 0x80;
/** A whole number of so many digits is exact. */
const EXACT_DIGITS = 15;

/**
 * Makes values of the selected fields of a JSON text and of nothing else: what is left out costs a look at its bytes. The
 * result is what would be left of `JSON.parse` of the text when all other fields were taken away.
 * What is left out is not checked. @throws SyntaxError for a text that cannot be followed to its end
 */
export const readFields = (bytes: Buffer, selection: FieldNode): unknown => new Walk(bytes).value(selection);

class Walk {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(node: FieldNode): unknown {
    this.#at = skipSpace(this.#bytes, this.#at);
    const first = this.#bytes[this.#at];
    if (first === QUOTE) return this.#text(node);
    if (node.children !== undefined) {
      if (first === OPEN_BRACE) return this.#object(node.children);
      if (first === OPEN_BRACKET) return this.#array(node);
    }
    return this.#whole(first);
  }

  #object(children: readonly FieldNode[]): Record<string, unknown> {
    const bytes = this.#bytes;
    const object: Record<string, unknown> = {};
    this.#at += 1;
    for (;;) {
      this.#at = skipSpace(bytes, this.#at);
      const byte = bytes[this.#at];
      if (byte === CLOSE_BRACE) break;
      if (byte === COMMA) {
        this.#at += 1;
        continue;
      }
      if (byte !== QUOTE) throw unexpected(byte);
      const child = this.#key(children);
      this.#at = skipSpace(bytes, this.#at);
      if (bytes[this.#at] !== COLON) throw unexpected(bytes[this.#at]);
      this.#at += 1;
      if (child === undefined) this.#at = skipValue(bytes, this.#at);
      else object[child.name] = this.value(child);
    }
    this.#at += 1;
    return object;
  }

  #array(node: FieldNode): unknown[] {
    const items: unknown[] = [];
    this.#at += 1;
    for (;;) {
      this.#at = skipSpace(this.#bytes, this.#at);
      const byte = this.#bytes[this.#at];
      if (byte === CLOSE_BRACKET) break;
      if (byte === COMMA) this.#at += 1;
      else items.push(this.value(node));
    }
    this.#at += 1;
    return items;
  }

  /** The child that the key here names; goes on behind the key. */
  #key(children: readonly FieldNode[]): FieldNode | undefined {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    let escaped = false;
    let at = from;
    for (; bytes[at] !== QUOTE; at += 1) {
      if (at >= bytes.length) throw endsTooEarly();
      if (bytes[at] !== BACKSLASH) continue;
      escaped = true;
      at += 1;
    }
    this.#at = at + 1;
    if (escaped) {
      const name: unknown = JSON.parse(bytes.toString('utf8', from - 1, at + 1));
      return children.find((child) => child.name === name);
    }
    for (const child of children) {
      if (this.#isKey(child.key, from, at)) return child;
    }
    return undefined;
  }

  #isKey(key: Buffer, from: number, to: number): boolean {
    const { length } = key;
    if (length !== to - from) return false;
    for (let index = 0; index < length; index += 1) {
      if (key[index] !== this.#bytes[from + index]) return false;
    }
    return true;
  }

  #text(node: FieldNode): unknown {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    let seen = 0;
    let at = from;
    for (; bytes[at] !== QUOTE; at += 1) {
      if (at >= bytes.length) throw endsTooEarly();
      if (bytes[at] === BACKSLASH) return this.#whole(QUOTE);
      seen |= bytes[at] as number;
    }
    this.#at = at + 1;
    return seen < FIRST_NON_ASCII ? node.texts.get(bytes, from, at) : bytes.toString('utf8', from, at);
  }

  /** Anything else, by JSON.parse; except whole numbers, which are many and easy. */
  #whole(first: number | undefined): unknown {
    const from = this.#at;
    const to = (this.#at = skipValue(this.#bytes, from));
    const number =
      first !== undefined && first >= ONE && first <= NINE ? wholeNumber(this.#bytes, from, to) : undefined;
    return number ?? JSON.parse(this.#bytes.toString('utf8', from, to));
  }
}

/** The number, when it is a whole one that needs no rounding. */
const wholeNumber = (bytes: Buffer, from: number, to: number): number | undefined => {
  if (to - from > EXACT_DIGITS) return undefined;
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return undefined;
    number = number * 10 + (byte - ZERO);
  }
  return number;
};

const unexpected = (byte: number | undefined): SyntaxError =>
  byte === undefined ? endsTooEarly() : new SyntaxError(`unexpected byte ${byte} in the JSON text`);
