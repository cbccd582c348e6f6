import type { Figure } from './benchmark.ts';

/** One JSON object per line. */
export const asJson = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

const columns = ['id', 'metric', 'subject', 'reference', 'values', 'ratio', '95 %', 'target', 'verdict'] as const;

/** A table for people. */
export const asTable = (figures: readonly Figure[]): string => {
  const rows = [
    columns as readonly string[],
    ...figures.map((figure) => [
      figure.id,
      figure.metric,
      figure.subject,
      figure.reference,
      figure.values === undefined ? '-' : figure.values.map(digits).join(' : '),
      figure.ratio === null ? '-' : digits(figure.ratio),
      figure.interval === null ? '-' : figure.interval.map(digits).join(' .. '),
      figure.target,
      figure.why === undefined ? figure.verdict : `${figure.verdict} (${figure.why})`,
    ]),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};

const digits = (value: number): string => value.toPrecision(3);
