import type { Size } from './options.ts';

/** A bound that a ratio must keep. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the results. */
export type Figure = {
  readonly id: string;
  readonly metric: string;
  readonly subject: string;
  readonly reference: string;
  /** Subject to reference; of a bound, the value itself. */
  readonly ratio: number | null;
  /** Medians of what was measured, in the unit that the metric names: for people, never judged. */
  readonly values?: readonly [subject: number, reference: number];
  readonly interval: readonly [number, number] | null;
  readonly target: string;
  readonly verdict: 'met' | 'missed' | 'not-measured' | 'recorded';
  readonly why?: string;
};

/** What a benchmark gets to work with. */
export type Bench = {
  readonly size: Size;
  /** Says what is going on, for people who wait. */
  readonly progress: (line: string) => void;
  /** Takes turns between the two, round after round, and judges the ratio of their figures. */
  readonly compare: (comparison: Comparison) => Promise<Figure[]>;
};

/** Two things that do the same work. Each run gives its figures by metric. */
export type Comparison = {
  readonly id: string;
  readonly rounds: number;
  readonly subject: Contender;
  readonly reference: Contender;
  /** Which figures are compared, and what their ratio (subject to reference) must keep. */
  readonly metrics: Readonly<Record<string, Target>>;
};

export type Contender = { readonly name: string; readonly run: () => Promise<Readonly<Record<string, number>>> };

/** One benchmark of the suite. */
export type Benchmark = {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<Figure[]>;
};
