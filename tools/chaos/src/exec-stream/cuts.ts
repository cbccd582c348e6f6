import { startExecTap } from '@danube/exec-stream/testing';
import { type Fault, type FaultKind, faults, type Phase, phases, planFault, planPhase } from '../fault.ts';
import { seededRandom } from '../random.ts';
import { cutTry, runCounts } from './cut-try.ts';
import type { Row } from '../report.ts';
import { inParallel, type Scenario } from './scenario.ts';

const AT_ONCE = 6;
/** Of so many connections one at least gets to where the fault is. */
const ENOUGH_TRIES = 8;

interface Plan {
  readonly name: string;
  readonly phase?: Phase;
  readonly next: (random: () => number) => Fault;
}

const spoiling: readonly FaultKind[] = ['reset', 'end', 'silence', 'trickle', 'delay'];

const plans: readonly Plan[] = [
  ...faults.map((kind) => ({
    name: `cut: ${kind} at any byte`,
    next: (random: () => number) => planFault(kind, random),
  })),
  ...spoiling.flatMap((kind) =>
    phases.map((phase) => ({
      name: `cut: ${kind} in ${phase}`,
      phase,
      next: (random: () => number) => planPhase(phase, { kind, random }),
    })),
  ),
];

/** Durable runs, by `run` and by `start` and `attach`, and plain execs beside them, through a proxy that spoils their connections. */
export const cuts: Scenario = {
  name: 'cuts',
  tries: { full: { sim: 1000, real: 200 }, quick: { sim: 94, real: 94 } },
  async run({ cluster, seed, tries }) {
    // Phases are found in plain text.
    await using tap = await startExecTap(cluster.client, { keep: false });
    const rows = new Map<Plan, PlanTally>();
    await inParallel({ count: tries, atOnce: AT_ONCE }, async (index) => {
      const plan = plans[index % plans.length] as Plan;
      const row = rows.get(plan) ?? { runs: [], hits: 0, proven: 0, violations: [] };
      rows.set(plan, row);
      const random = seededRandom(seed + index);
      const way = plan.phase
        ? { client: tap.client, server: { host: '127.0.0.1', port: tap.port } }
        : { client: cluster.client, server: cluster.server };
      const { hits, isProven, violation } = await cutTry(cluster, {
        index,
        random,
        way,
        next: () => plan.next(random),
      });
      row.runs.push(index);
      row.hits += hits;
      row.proven += isProven ? 1 : 0;
      if (violation !== undefined) row.violations.push(`try ${index}: ${violation}`);
    });
    const counts = await runCounts(cluster);
    return [...rows].map(([plan, row]) => rowOf(plan, row, counts));
  },
};

interface PlanTally {
  /** Numbers of its durable runs. */
  readonly runs: number[];
  hits: number;
  proven: number;
  readonly violations: string[];
}

function rowOf(
  { name }: Plan,
  { runs, hits, proven, violations }: PlanTally,
  counts: ReadonlyMap<number, number>,
): Row {
  const neverCame = hits === 0 && runs.length >= ENOUGH_TRIES && !name.startsWith('cut: none');
  const notOnce = runs.flatMap((index) => {
    const count = counts.get(index) ?? 0;
    return count === 1 ? [] : [`try ${index}: it ran ${count} times`];
  });
  return {
    name,
    tries: runs.length,
    violations: [...violations, ...notOnce, ...(neverCame ? ['it never came about'] : [])],
    note: `${hits} connections spoilt, ${proven} of the plain execs proven all the same`,
  };
}
