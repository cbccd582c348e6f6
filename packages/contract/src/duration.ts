const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const shape = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

/** Whether a text is a duration: one or more of `500ms`, `90s`, `5m`, `1h`, as in `1h30m`. */
export const isDuration = (text: string): boolean => shape.test(text) && sumMs(text) > 0;

/**
 * Milliseconds of a duration such as `90s` or `1h30m`.
 *
 * @throws TypeError when the text is not a duration.
 */
export const durationMs = (text: string): number => {
  if (!isDuration(text)) throw new TypeError(`expected a duration like "90s", got ${JSON.stringify(text)}`);
  return sumMs(text);
};

const sumMs = (text: string): number => {
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return totalMs;
};
