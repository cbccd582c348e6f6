import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, sumCounts } from './sum-counts.ts';

/** Adds up the results that each Jest run left; the last line is the one that CI reads. */
const directory = join(import.meta.dirname, '../../../tmp/test-results');
const didStepFail = process.argv[2] !== undefined && process.argv[2] !== '0';

const counts = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Counts);
const { lines, ok } = sumCounts(counts, didStepFail);
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = ok ? 0 : 1;
