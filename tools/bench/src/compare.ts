import type { Comparison, Contender, Figure, Target } from './benchmark.ts';
import { BenchError } from './errors.ts';
import { median, medianInterval } from './statistics.ts';

type Sample = Readonly<Record<string, number>>;
type Round = { readonly subject: Sample; readonly reference: Sample };

/** Runs subject and reference in turn (A B, B A, A B …), so that a machine that slows down slows both. */
export const compare = async (
  comparison: Comparison,
  progress: (line: string) => void,
  random: () => number = Math.random,
): Promise<Figure[]> => {
  const { id, subject, reference, rounds, metrics } = comparison;
  try {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`${id}: ${subject.name} and ${reference.name}, round ${round + 1} of ${rounds}`);
      measured.push(await inTurn(subject, reference, round));
    }
    return Object.entries(metrics).map(([metric, target]) => {
      const subjects = measured.map((round) => round.subject[metric] ?? Number.NaN);
      const references = measured.map((round) => round.reference[metric] ?? Number.NaN);
      const ratios = subjects.map((value, round) => value / (references[round] ?? Number.NaN));
      const ratio = median(ratios);
      return {
        ...heading(comparison, metric, target),
        ratio,
        values: [median(subjects), median(references)],
        interval: medianInterval(ratios, random),
        verdict: judge(ratio, target),
      };
    });
  } catch (error) {
    if (!(error instanceof BenchError && error.code === 'ReferenceMissing')) throw error;
    return notMeasured(comparison, error.message);
  }
};

/** The figures of a comparison that could not be made. */
export const notMeasured = (comparison: Comparison, why: string): Figure[] =>
  Object.entries(comparison.metrics).map(([metric, target]) => ({
    ...heading(comparison, metric, target),
    ratio: null,
    interval: null,
    verdict: 'not-measured',
    why,
  }));

const inTurn = async (subject: Contender, reference: Contender, round: number): Promise<Round> => {
  if (round % 2 === 0) return { subject: await subject.run(), reference: await reference.run() };
  const referenceSample = await reference.run();
  return { subject: await subject.run(), reference: referenceSample };
};

const heading = ({ id, subject, reference }: Comparison, metric: string, target: Target) => ({
  id,
  metric,
  subject: subject.name,
  reference: reference.name,
  target: 'atLeast' in target ? `>= ${digits(target.atLeast)}` : `<= ${digits(target.atMost)}`,
});

const digits = (value: number): string => String(Number(value.toPrecision(3)));

const judge = (ratio: number, target: Target): 'met' | 'missed' =>
  ('atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost) ? 'met' : 'missed';
