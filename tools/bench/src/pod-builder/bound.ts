import type { Figure, Target } from '../benchmark.ts';

/** A figure that is held against a bound of its own instead of a reference; its value stands where the ratio would. */
export const bound = (figure: Pick<Figure, 'id' | 'metric' | 'subject'>, value: number, target: Target): Figure => ({
  ...figure,
  reference: 'a bound, not a ratio',
  ratio: value,
  interval: null,
  target: 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`,
  verdict: ('atLeast' in target ? value >= target.atLeast : value <= target.atMost) ? 'met' : 'missed',
});
