import { startExecTap } from '@danube/exec-stream/testing';
import { type Fault, type FaultKind, faults, type Phase, phases, planFault, planPhase } from '../fault.ts';
import { seededRandom } from '../random.ts';
import { cutTry, runCounts } from './cut-try.ts';
import { inParallel, type Row, type Scenario } from './scenario.ts';

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
  ...faults.map((kind) => ({ name: `cut: ${kind}`, next: (random: () => number) => planFault(kind, random) })),
  ...spoiling.flatMap((kind) =>
    phases.map((phase) => ({
      name: `cut in ${phase}`,
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
    const rows = new Map<string, { tries: number; hits: number; violations: string[] }>();
    await inParallel({ count: tries, atOnce: AT_ONCE }, async (index) => {
      const plan = plans[index % plans.length] as Plan;
      const row = rows.get(plan.name) ?? { tries: 0, hits: 0, violations: [] };
      rows.set(plan.name, row);
      const random = seededRandom(seed + index);
      const way = plan.phase
        ? { client: tap.client, server: { host: '127.0.0.1', port: tap.port } }
        : { client: cluster.client, server: cluster.server };
      const { hits, violation } = await cutTry(cluster, { index, random, way, next: () => plan.next(random) });
      row.tries++;
      row.hits += hits;
      if (violation !== undefined) row.violations.push(`try ${index}: ${violation}`);
    });
    for (const [name, row] of rows) {
      if (row.hits === 0 && row.tries >= ENOUGH_TRIES && name !== 'cut: none')
        row.violations.push('it never came about');
    }
    const counts = await runCounts(cluster);
    const notOnce = counts.length === tries ? counts.filter((count) => count !== 1).length : tries - counts.length;
    return [
      ...[...rows].map(([name, { hits, ...row }]): Row => ({ name, ...row, note: `${hits} connections were spoilt` })),
      { name: 'cut: ran exactly once', tries, violations: notOnce === 0 ? [] : [`${notOnce} runs did not`] },
    ];
  },
};
