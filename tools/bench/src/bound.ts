import type { Figure, Target } from './benchmark.ts';

/**
 * A figure that is held against a bound of its own instead of a reference; its value stands where the ratio would. What
 * another program needs for the same may stand beside it.
 */
export const bound = (
  figure: Pick<Figure, 'id' | 'metric' | 'subject'> & Partial<Pick<Figure, 'reference' | 'values'>>,
  value: number,
  target: Target,
): Figure => ({
  reference: 'a bound, not a ratio',
  ...figure,
  ratio: value,
  interval: null,
  target: 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`,
  verdict: ('atLeast' in target ? value >= target.atLeast : value <= target.atMost) ? 'met' : 'missed',
});
