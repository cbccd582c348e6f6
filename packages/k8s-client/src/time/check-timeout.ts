/** The longest that a timer of Node can wait; a longer one would fire at once. */
const MAX_MS = 2 ** 31 - 1;

/** Refuses times that no timer can measure. @throws TypeError naming the field */
export const checkTimeout = (value: number, field = 'timeoutMs'): number => {
  if (!(value > 0 && value <= MAX_MS)) {
    throw new TypeError(`${field}: expected milliseconds above 0 and up to ${MAX_MS}, got ${String(value)}`);
  }
  return value;
};
