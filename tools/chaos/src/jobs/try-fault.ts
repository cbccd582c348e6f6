import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../random.ts';
import type { JobFault } from './job-faults.ts';
import { TriedJob } from './tried-job.ts';
import type { Workload } from './workload.ts';
import type { World } from './world.ts';

/** How a kind of trouble is tried. */
export type TrialOptions = {
  readonly tries: number;
  readonly seed: number;
  readonly workload: Workload;
  /** Jobs that run side by side. */
  readonly jobs: number;
  /** Filled while it goes on. */
  readonly tally: Tally;
};

/** What came of it. */
export type Tally = {
  /** How often it was really done while a job talked. */
  tries: number;
  /** Jobs that ran. */
  jobs: number;
  readonly violations: string[];
};

/** Longest pause before something is done to a job that talks, as a share of its talk. */
const SHARE_OF_TALK = 0.6;

/** Does it so many times, each time while jobs talk, and looks at every job afterwards. */
export const tryFault = (world: World, fault: JobFault, options: TrialOptions): Promise<void> =>
  (fault.scope === 'job' ? toEachJob : toAll)({ world, fault, options, tally: options.tally });

type Trial = {
  readonly world: World;
  readonly fault: JobFault;
  readonly options: TrialOptions;
  readonly tally: Tally;
};

/** Each job gets the fault once, at a moment of its talk that the seed draws. */
const toEachJob = async (trial: Trial): Promise<void> => {
  const { world, fault, options, tally } = trial;
  let next = 0;
  let underWay = 0;
  const work = async (): Promise<void> => {
    while (tally.tries + underWay < options.tries && next < options.tries * 2) {
      const number = next++;
      underWay += 1;
      const random = seededRandom(options.seed + number);
      const job = await begin(trial, number);
      const isTalking = await job.untilTalking();
      await sleep(random() * talkMs(options.workload) * SHARE_OF_TALK);
      const isDone = isTalking && job.isTalking && (await fault.inject(world, job.victim, random));
      underWay -= 1;
      if (isDone) tally.tries += 1;
      await end(trial, job, isDone ? fault.ends : ['succeeded']);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
};

/** Jobs run all the time; the fault comes again and again, and hits whatever is under way. */
const toAll = async (trial: Trial): Promise<void> => {
  const { world, fault, options, tally } = trial;
  const talking = new Set<TriedJob>();
  let next = 0;
  const isOver = (): boolean => tally.tries >= options.tries;
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const job = await begin(trial, next++);
      talking.add(job);
      await end(trial, job, fault.ends);
      talking.delete(job);
    }
  };
  const disturb = async (): Promise<void> => {
    const random = seededRandom(options.seed);
    while (!isOver()) {
      const [job] = [...talking].filter(({ isTalking }) => isTalking);
      if (job !== undefined && (await fault.inject(world, job.victim, random))) tally.tries += 1;
      await sleep(job === undefined ? 20 : random() * 500);
    }
  };
  await Promise.all([disturb(), ...Array.from({ length: options.jobs }, work)]);
};

const talkMs = ({ lines, pauseMs }: Workload): number => lines * pauseMs;

const begin = ({ world, fault, options, tally }: Trial, number: number): Promise<TriedJob> => {
  const { memory } = fault;
  tally.jobs += 1;
  const workload = { ...options.workload, ...(memory === undefined ? {} : { memory }) };
  return TriedJob.submit(world, workload, `${fault.name.replaceAll(' ', '-')}-${number}`);
};

const end = async ({ tally }: Trial, job: TriedJob, allowed: readonly string[]): Promise<void> => {
  for (const violation of await job.verdict(allowed)) tally.violations.push(`${job.id}: ${violation}`);
};
