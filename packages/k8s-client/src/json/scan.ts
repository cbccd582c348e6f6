/**
 * Finds its way through JSON bytes without making values of them. It takes the text for well-formed: what it skips is
 * not checked, only never read past its end.
 */
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** The error of a text that ends before its value does, of the class that JSON.parse throws. */
export const endsTooEarly = (): SyntaxError => new SyntaxError('the JSON text ends too early');

/** Index of the first byte from here on that is no white space; the length of the text when there is none. */
export const skipSpace = (bytes: Buffer, from: number): number => {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= SPACE) at += 1;
  return at;
};

/** Index behind the string that starts here, with its quote. */
export const skipString = (bytes: Buffer, from: number): number => {
  const { length } = bytes;
  for (let at = from + 1; at < length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  throw endsTooEarly();
};

/** Index behind the value that starts here; white space before it is skipped too. */
export const skipValue = (bytes: Buffer, from: number): number => {
  const start = skipSpace(bytes, from);
  const first = bytes[start];
  if (first === QUOTE) return skipString(bytes, start);
  return first === OPEN_BRACE || first === OPEN_BRACKET ? skipNested(bytes, start) : skipScalar(bytes, start);
};

const skipNested = (bytes: Buffer, from: number): number => {
  const { length } = bytes;
  let depth = 0;
  for (let at = from; at < length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      // Most of the bytes of an object are in strings: this is the loop that counts.
      for (at += 1; at < length; at += 1) {
        const inside = bytes[at] as number;
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) at += 1;
      }
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw endsTooEarly();
};

const skipScalar = (bytes: Buffer, from: number): number => {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE) break;
  }
  if (at === from) throw endsTooEarly();
  return at;
};
