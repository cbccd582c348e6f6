/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly tries: number;
  readonly violations: readonly string[];
  readonly seconds?: number;
  /** What was counted or measured besides. */
  readonly note?: string;
}

/** Where rows go as soon as they are known, and what ends a run early. */
export interface Course {
  readonly rows: Row[];
  readonly signal: AbortSignal;
}

/** What the rows belong to, and how to show them. */
export interface Headline {
  readonly what: string;
  readonly on: string;
  readonly seed: number;
  /** One object per row instead of a table, so that runs with several seeds can be added up. */
  readonly json: boolean;
}

/** So many violations of a row are shown in the table. */
const SHOWN = 10;

/** Prints the rows and their sum. Gives the exit code: 1 with a violation. */
export function report(rows: readonly Row[], { json, what, on, seed }: Headline): number {
  const violations = rows.reduce((sum, row) => sum + row.violations.length, 0);
  if (json) for (const row of rows) console.log(JSON.stringify({ what, on, seed, ...row }));
  else table(rows, violations);
  return violations === 0 ? 0 : 1;
}

function table(rows: readonly Row[], violations: number): void {
  const width = Math.max(0, ...rows.map(({ name }) => name.length)) + 2;
  const line = (name: string, counts: readonly (number | string)[], note = ''): void =>
    console.log(
      (name.padEnd(width) + counts.map((count) => String(count).padStart(12)).join('') + `  ${note}`).trimEnd(),
    );
  line('', ['tries', 'violations', 'seconds']);
  for (const { name, tries, violations: found, seconds = '', note } of rows) {
    line(name, [tries, found.length, seconds], note);
    for (const text of found.slice(0, SHOWN)) console.log(`  ${text}`);
  }
  const tries = rows.reduce((sum, row) => sum + row.tries, 0);
  line('sum', [tries, violations]);
}
