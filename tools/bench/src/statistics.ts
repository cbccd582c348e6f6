/** The middle of the values, or the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/** The value that this share of all values does not exceed. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

/** A 95 % bootstrap interval of the median. `random` gives numbers from 0 up to 1. */
export const medianInterval = (
  values: readonly number[],
  random: () => number,
): readonly [low: number, high: number] => {
  const draws = 1000;
  const medians = Array.from({ length: draws }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b);
  return [medians[Math.floor(draws * 0.025)] ?? Number.NaN, medians[Math.floor(draws * 0.975)] ?? Number.NaN];
};
