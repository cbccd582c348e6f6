import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds up the results that each Jest run left; the last line is the one that CI reads. */
type Counts = {
  readonly project: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
};

const directory = join(import.meta.dirname, '../../../tmp/test-results');
const earlierStepFailed = process.argv[2] !== undefined && process.argv[2] !== '0';

const counts = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Counts);

for (const { project, passed, failed, skipped } of counts) {
  process.stdout.write(`${project}: ${passed} passed, ${failed} failed\n`);
  for (const test of skipped) process.stdout.write(`  skipped: ${test}\n`);
}

const sum = (of: (counts: Counts) => number): number => counts.reduce((total, each) => total + of(each), 0);
const passed = sum((each) => each.passed);
// A step that failed without a failing test (lint, types, a cluster that did not start) counts as one.
const failed = Math.max(
  sum((each) => each.failed),
  earlierStepFailed ? 1 : 0,
);
const skipped = sum((each) => each.skipped.length);
process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
