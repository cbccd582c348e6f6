import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type JobFault, jobFaults } from './job-faults.ts';
import { UsageError } from '../errors.ts';
import { interruptible } from '../interruptible.ts';
import type { Options } from '../options.ts';
import { showProgress } from '../progress.ts';
import type { Course } from '../report.ts';
import { bundlePrograms, openWorld, type Programs } from './open-world.ts';
import { loadCoordinator } from './real-ground.ts';
import { type Tally, tryFault } from './try-fault.ts';
import type { Workload } from './workload.ts';

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

/** Runs the kinds of trouble one after the other, each against Danubes of its own. */
export const runJobs = async (options: Options, { rows, signal }: Course): Promise<void> => {
  const { on, only = '', quick } = options;
  const tries = options.tries ?? jobTries[quick ? 'quick' : 'full'][on];
  const faults = jobFaults.filter(({ name }) => name.includes(only));
  if (faults.length === 0)
    throw new UsageError(`--only: expected a part of ${jobFaults.map(({ name }) => name).join(', ')}, got ${only}`);
  const dir = await mkdtemp(join(tmpdir(), 'danube-chaos-'));
  try {
    const programs = await bundlePrograms(dir);
    if (on === 'real') await loadCoordinator(options.cluster, dir);
    for (const fault of faults) {
      const startedMs = performance.now();
      const tally = await tryInWorlds(fault, { options, tries, programs, dir, signal });
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      console.error(`${fault.name}: ${tally.tries} tries, ${tally.violations.length} violations, ${seconds} s`);
      // A kind of trouble that did not come about often enough shows nothing.
      const missing =
        tally.tries < tries && !signal.aborted ? [`only ${tally.tries} of ${tries} tries came about`] : [];
      const violations = [...tally.violations, ...missing];
      rows.push({ name: fault.name, tries: tally.tries, violations, seconds, note: `${tally.jobs} jobs` });
      signal.throwIfAborted();
    }
  } finally {
    if (options.keep) console.error(`kept: ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  }
};

type Run = {
  readonly options: Options;
  readonly tries: number;
  readonly programs: Programs;
  readonly dir: string;
  readonly signal: AbortSignal;
};

const tryInWorlds = async (fault: JobFault, run: Run): Promise<Tally> => {
  const { tries, options } = run;
  const { on, seed } = options;
  const worlds = fault.scope === 'world' ? Math.min(WORLDS_AT_ONCE[on], tries) : 1;
  const jobs = Math.ceil(JOBS_AT_ONCE[on] / worlds) + (worlds > 1 ? 1 : 0);
  const tallies = Array.from({ length: worlds }, (): Tally => ({ tries: 0, jobs: 0, violations: [] }));
  const total = (): Tally => ({
    tries: sum(tallies.map((tally) => tally.tries)),
    jobs: sum(tallies.map((tally) => tally.jobs)),
    violations: tallies.flatMap(({ violations }) => violations),
  });
  const progress = showProgress(() => `${fault.name}: ${total().tries} of ${tries}`);
  // All of them come to their end, so that each clears up behind itself.
  const ends = await Promise.allSettled(
    tallies.map((tally, index) =>
      tryInWorld(fault, run, {
        index,
        jobs,
        tally,
        tries: Math.ceil(tries / worlds),
        seed: seed + index * SEED_STEP,
      }),
    ),
  );
  progress.stop();
  const { violations, ...counts } = total();
  const broken = ends.flatMap((end) =>
    end.status === 'rejected' && end.reason !== run.signal.reason ? [`it broke off: ${String(end.reason)}`] : [],
  );
  return { ...counts, violations: [...violations, ...broken] };
};

type Share = {
  readonly index: number;
  readonly jobs: number;
  readonly tries: number;
  readonly seed: number;
  readonly tally: Tally;
};

const tryInWorld = async (
  fault: JobFault,
  { options, programs, dir, signal }: Run,
  { index, jobs, tries, seed, tally }: Share,
): Promise<void> => {
  const { on, cluster } = options;
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
  await interruptible(tryFault(world, fault, { tries, seed, jobs, workload: workloads[on], tally }), signal);
  const { deaths } = world.api;
  if (deaths > 0) tally.violations.push(`the api-server ended by itself ${deaths} times: --keep keeps its log`);
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
