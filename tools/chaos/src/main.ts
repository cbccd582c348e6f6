import { openCluster } from './clusters.ts';
import { execStreamTry, runCounts } from './exec-stream-run.ts';
import { type FaultKind, faults } from './fault.ts';
import { help, type Options, parseOptions } from './options.ts';
import { runJobs } from './jobs/run-jobs.ts';
import { seededRandom } from './random.ts';

interface Row {
  tries: number;
  hits: number;
  violations: string[];
}

/** Tries at the same time. */
const CONCURRENCY = 6;

async function run({ on, seed, tries }: Options): Promise<number> {
  console.log(`exec-stream on ${on}, seed ${seed}, ${tries} tries`);
  await using cluster = await openCluster(on);
  const table = new Map<FaultKind, Row>(faults.map((kind) => [kind, { tries: 0, hits: 0, violations: [] }]));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tries; index = next++) {
      const kind = faults[index % faults.length] ?? 'none';
      const row = table.get(kind);
      const outcome = await execStreamTry(cluster, { index, kind, random: seededRandom(seed + index) });
      if (!row) continue;
      row.tries++;
      row.hits += outcome.hits;
      if (outcome.violation !== undefined) row.violations.push(`try ${index}: ${outcome.violation}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const counts = await runCounts(cluster);
  return report(table, counts.length === tries ? counts.filter((count) => count !== 1).length : tries - counts.length);
}

function report(table: ReadonlyMap<FaultKind, Row>, notOnce: number): number {
  console.log('fault      tries   hits   violations');
  const line = (...[name, ...numbers]: [string, ...number[]]): void =>
    console.log(name.padEnd(8) + numbers.map((number) => String(number).padStart(8)).join(''));
  let [tries, hits, violations] = [0, 0, notOnce];
  for (const [kind, row] of table) {
    line(kind, row.tries, row.hits, row.violations.length);
    tries += row.tries;
    hits += row.hits;
    violations += row.violations.length;
  }
  for (const { violations: texts } of table.values()) for (const text of texts.slice(0, 5)) console.log(`  ${text}`);
  console.log(`runs that did not run exactly once: ${notOnce}`);
  line('sum', tries, hits, violations);
  return violations === 0 ? 0 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else process.exitCode = await (options.what === 'jobs' ? runJobs(options) : run(options));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
