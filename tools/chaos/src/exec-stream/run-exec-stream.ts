import { InterruptedError, UsageError } from '../errors.ts';
import { interruptible } from '../interruptible.ts';
import type { Options } from '../options.ts';
import type { Course, Row } from '../report.ts';
import { openCluster } from './clusters.ts';
import { cuts } from './cuts.ts';
import { exits } from './exits.ts';
import { kills } from './kills.ts';
import { leaks } from './leaks.ts';
import { lies } from './lies.ts';
import type { Scenario } from './scenario.ts';
import { slowReader } from './slow-reader.ts';
import { stalledReaders } from './stalled-readers.ts';
import { starts } from './starts.ts';

/** All of them, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [cuts, starts, kills, exits, slowReader, stalledReaders, leaks, lies];

/** Runs the chosen scenarios one after the other, each on a cluster or in a namespace of its own. */
export async function runExecStream(options: Options, { rows, signal }: Course): Promise<void> {
  const { scenario } = options;
  const chosen = scenarios.filter(({ name }) => scenario === undefined || name === scenario);
  if (chosen.length === 0) {
    throw new UsageError(`--scenario: expected ${scenarios.map(({ name }) => name).join(', ')}, got ${scenario ?? ''}`);
  }
  for (const each of chosen) {
    const began = performance.now();
    const found = await play(each, options, signal);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.error(`${each.name}: ${seconds} s`);
    rows.push(...found.map((row) => ({ ...row, seconds })));
  }
}

async function play(scenario: Scenario, options: Options, signal: AbortSignal): Promise<readonly Row[]> {
  const { on, seed, quick, cluster: name } = options;
  const tries = options.tries ?? scenario.tries[quick ? 'quick' : 'full'][on];
  await using cluster = await openCluster({ on, name });
  try {
    return await interruptible(scenario.run({ cluster, seed, quick, tries }), signal);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return [{ name: scenario.name, tries: 0, violations: [`it broke off: ${String(error)}`] }];
  }
}
