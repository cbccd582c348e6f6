import { parseArgs } from 'node:util';
import { BenchError } from './errors.ts';

/** How much work each benchmark does. */
export type Size = 'quick' | 'normal' | 'full';

/** A command line, understood. */
export type Options = {
  readonly names: readonly string[];
  readonly size: Size;
  readonly table: boolean;
  readonly help: boolean;
};

/** What `--help` prints. */
export const help = `Benchmarks: ratios of Danube to a reference, measured side by side in one run.

Usage: npm run -s bench -- [NAME...] [options]

NAME is a package (k8s-client, pod-builder ...) or the id of a benchmark (C1); without one, all are run.

Options
  --quick      a tenth of the work, for a first look
  --full       ten times the rounds, for figures of record
  --table      a table at the end instead of JSON
  --help, -h   this text

Prints one JSON object per line: first the machine, then figures as they are found, with id, metric, subject, reference,
ratio, values, interval, target, verdict and why. A ratio is the median over rounds in which subject and reference took
turns; the interval is a 95 % bootstrap interval of that median; values are the medians themselves. verdict: met, missed,
recorded (nothing is demanded), or not-measured (why says what was not there). Exit: 0 unless a benchmark broke.
What the figures mean: docs/performance.md.
`;

/** Understands a command line. @throws BenchError for one that cannot be understood */
export const parseOptions = (argv: readonly string[]): Options => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        table: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const size = values.quick ? 'quick' : values.full ? 'full' : 'normal';
    return { names: positionals, size, table: values.table, help: values.help };
  } catch (error) {
    throw new BenchError('BadOption', error instanceof Error ? error.message : String(error), { cause: error });
  }
};
