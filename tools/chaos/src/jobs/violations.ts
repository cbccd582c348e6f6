import { type Job, type LogEntry, outputBytes } from '@danube/contract';
import { expectedOutput, LAST_OUTPUT, stepNames, type Workload } from './workload.ts';

/** All that is known of a job that has ended. */
export type Evidence = {
  readonly job: Job;
  readonly entries: readonly LogEntry[];
  /** The commands that began, as they said themselves outside of their pod. */
  readonly ran: readonly string[];
  /** Those that came to their end. */
  readonly ended: readonly string[];
  /** Lines that the first step was about to write, or had written. */
  readonly lines: number;
  readonly workload: Workload;
};

/** How a job ended, in a word: `succeeded`, `error PodDeleted`. */
export const endText = ({ state, reason }: Job): string => (reason === undefined ? state : `${state} ${reason.code}`);

/** What should not have been. `allowed` are the ends that are right after what was done to the job. */
export const violationsOf = (evidence: Evidence, allowed: readonly string[]): string[] => {
  const end = endText(evidence.job);
  return [
    ...(allowed.includes(end) ? [] : [`ended as ${end} (${evidence.job.reason?.message ?? ''})`]),
    ...commandViolations(evidence),
    ...(evidence.job.state === 'succeeded' ? successViolations(evidence) : []),
    ...(['stdout', 'stderr'] as const).flatMap((stream) => outputViolations(evidence, stream)),
  ];
};

const commandViolations = ({ ran }: Evidence): string[] =>
  stepNames.flatMap((name) => {
    const times = ran.filter((word) => word === name).length;
    return times > 1 ? [`command ${name} ran ${times} times`] : [];
  });

const successViolations = ({ job, ended, entries }: Evidence): string[] => [
  ...stepNames.flatMap((name, index) => {
    const { state, exitCode } = job.steps[index] ?? {};
    const isProven = ended.includes(name) && state === 'succeeded' && exitCode === 0;
    return isProven ? [] : [`succeeded without proof that ${name} did`];
  }),
  ...(job.logComplete ? [] : ['succeeded with an incomplete log']),
  ...(bytesOf(entries, 1, 'stdout') === LAST_OUTPUT ? [] : ['the output of the last step differs']),
];

const outputViolations = ({ job, entries, lines, workload }: Evidence, stream: 'stdout' | 'stderr'): string[] => {
  const whole = expectedOutput(stream, workload);
  const got = bytesOf(entries, 0, stream);
  if (!whole.startsWith(got)) return [`${stream} is not what was written`];
  if (!job.logComplete) return [];
  // Each line is noted outside before it is written: of the last one nobody knows.
  const written = got.split('\n').length - 1;
  return written >= lines - 1 && written <= lines
    ? []
    : [`the log is called complete, and ${stream} has ${written} of ${lines} lines`];
};

const bytesOf = (entries: readonly LogEntry[], step: number, stream: 'stdout' | 'stderr'): string =>
  Buffer.concat(
    entries.flatMap(({ event }) =>
      event.type === 'output' && event.step === step && event.stream === stream ? [outputBytes(event)] : [],
    ),
  ).toString();
