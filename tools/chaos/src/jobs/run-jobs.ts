import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type JobFault, jobFaults } from './job-faults.ts';
import { bundlePrograms, openWorld, type Programs } from './open-world.ts';
import { loadCoordinator } from './real-ground.ts';
import { type Tally, tryFault } from './try-fault.ts';
import type { Workload } from './workload.ts';

/** What `chaos -- jobs` was asked for. */
export type JobsOptions = {
  readonly on: 'sim' | 'real';
  readonly seed: number;
  /** Of each kind of trouble. */
  readonly tries: number;
  /** Name of the cluster, for `real`. */
  readonly cluster: string;
  /** Only kinds of trouble whose name has this in it. */
  readonly only: string | undefined;
  readonly keep: boolean;
};

/** Tries of each kind of trouble, when nobody says how many. */
export const jobTries = { full: { sim: 500, real: 20 }, quick: { sim: 12, real: 3 } } as const;

// A talk is longer than what is done to it: on a node some seconds go by until anything has come back.
const workloads = { sim: { lines: 25, pauseMs: 100 }, real: { lines: 40, pauseMs: 250 } } satisfies Record<
  string,
  Workload
>;
const JOBS_AT_ONCE = { sim: 6, real: 8 };
// What is done to everything at once is mostly waiting for it to come back: several Danubes do so side by side.
const WORLDS_AT_ONCE = { sim: 6, real: 1 };
/** Far enough apart that no two worlds draw the same. */
const SEED_STEP = 1_000_000;

/** Runs the kinds of trouble one after the other, each against a Danube of its own. Gives the exit code. */
export const runJobs = async (options: JobsOptions): Promise<number> => {
  const { on, seed, tries, only = '' } = options;
  console.log(`jobs on ${on}, seed ${seed}, ${tries} tries of each`);
  const dir = await mkdtemp(join(tmpdir(), 'danube-chaos-'));
  const table = new Map<string, Tally>();
  try {
    const programs = await bundlePrograms(dir);
    if (on === 'real') await loadCoordinator(options.cluster, dir);
    for (const fault of jobFaults.filter(({ name }) => name.includes(only))) {
      const startedMs = performance.now();
      const tally = await tryInWorlds(fault, { options, programs, dir });
      table.set(fault.name, tally);
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      console.error(`${fault.name}: ${tally.tries} tries, ${tally.violations.length} violations, ${seconds} s`);
    }
  } finally {
    if (options.keep) console.error(`kept: ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  }
  return report(table, tries);
};

type Run = { readonly options: JobsOptions; readonly programs: Programs; readonly dir: string };

const tryInWorlds = async (fault: JobFault, run: Run): Promise<Tally> => {
  const { on, seed, tries } = run.options;
  const worlds = fault.scope === 'world' ? Math.min(WORLDS_AT_ONCE[on], tries) : 1;
  const jobs = Math.ceil(JOBS_AT_ONCE[on] / worlds) + (worlds > 1 ? 1 : 0);
  const tallies = await Promise.all(
    Array.from({ length: worlds }, (_, index) =>
      tryInWorld(fault, run, { index, jobs, tries: Math.ceil(tries / worlds), seed: seed + index * SEED_STEP }),
    ),
  );
  return {
    tries: sum(tallies.map((tally) => tally.tries)),
    jobs: sum(tallies.map((tally) => tally.jobs)),
    violations: tallies.flatMap(({ violations }) => violations),
  };
};

type Share = { readonly index: number; readonly jobs: number; readonly tries: number; readonly seed: number };

const tryInWorld = async (fault: JobFault, { options, programs, dir }: Run, share: Share): Promise<Tally> => {
  const { on, cluster } = options;
  const { index, jobs, tries, seed } = share;
  const own = join(dir, `${fault.name.replaceAll(/[^a-z]+/g, '-')}-${index}`);
  await mkdir(own);
  await using world = await openWorld({
    on,
    cluster,
    seed,
    programs,
    dir: own,
    shape: fault.shape ?? 'containers',
    clocks: fault.clocks === true,
    concurrency: jobs * 2,
  });
  return await tryFault(world, fault, { tries, seed, jobs, workload: workloads[on] });
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const report = (table: ReadonlyMap<string, Tally>, wanted: number): number => {
  const line = (name: string, ...numbers: readonly (number | string)[]): void =>
    console.log(name.padEnd(32) + numbers.map((number) => String(number).padStart(12)).join(''));
  line('fault', 'tries', 'jobs', 'violations');
  const all = { tries: 0, jobs: 0, violations: 0 };
  for (const [name, { tries, jobs, violations }] of table) {
    // A kind of trouble that did not come about often enough shows nothing.
    const missing = tries < wanted ? [`only ${tries} of ${wanted} tries came about`] : [];
    const found = [...violations, ...missing];
    line(name, tries, jobs, found.length);
    for (const text of found.slice(0, 10)) console.log(`  ${text}`);
    all.tries += tries;
    all.jobs += jobs;
    all.violations += found.length;
  }
  line('sum', all.tries, all.jobs, all.violations);
  return all.violations === 0 ? 0 : 1;
};
