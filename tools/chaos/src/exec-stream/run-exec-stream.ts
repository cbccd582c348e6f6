import type { Options } from '../options.ts';
import { openCluster } from './clusters.ts';
import { cuts } from './cuts.ts';
import { exits } from './exits.ts';
import { kills } from './kills.ts';
import { leaks } from './leaks.ts';
import { lies } from './lies.ts';
import type { Row, Scenario } from './scenario.ts';
import { slowReader } from './slow-reader.ts';
import { stalledReaders } from './stalled-readers.ts';
import { starts } from './starts.ts';

/** All of them, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [cuts, starts, kills, exits, slowReader, stalledReaders, leaks, lies];

/** Runs the chosen scenarios one after the other, each on a cluster or in a namespace of its own. Gives the exit code. */
export async function runExecStream(options: Options): Promise<number> {
  const { on, seed, scenario, quick } = options;
  const chosen = scenarios.filter(({ name }) => scenario === undefined || name === scenario);
  if (chosen.length === 0) {
    throw new TypeError(`--scenario: expected ${scenarios.map(({ name }) => name).join(', ')}, got ${scenario ?? ''}`);
  }
  console.log(`exec-stream on ${on}, seed ${seed}`);
  const rows: Row[] = [];
  for (const each of chosen) {
    const { name, tries } = each;
    const began = performance.now();
    await using cluster = await openCluster({ on, name: options.cluster });
    rows.push(
      ...(await each.run({ cluster, seed, quick, tries: options.tries ?? tries[quick ? 'quick' : 'full'][on] })),
    );
    console.error(`${name}: ${Math.round((performance.now() - began) / 1000)} s`);
  }
  return report(rows);
}

function report(rows: readonly Row[]): number {
  const line = (name: string, counts: readonly (number | string)[], note = ''): void =>
    console.log((name.padEnd(30) + counts.map((count) => String(count).padStart(12)).join('') + `  ${note}`).trimEnd());
  line('scenario', ['tries', 'violations']);
  for (const { name, tries, violations, note } of rows) {
    line(name, [tries, violations.length], note);
    for (const text of violations.slice(0, 5)) console.log(`  ${text}`);
  }
  const sum = (count: (row: Row) => number): number => rows.reduce((all, row) => all + count(row), 0);
  const violations = sum((row) => row.violations.length);
  line('sum', [sum(({ tries }) => tries), violations]);
  return violations === 0 ? 0 : 1;
}
