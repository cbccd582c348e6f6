import { type JobEvent, memoryText, type Reason, reason, type Step } from '@danube/contract';
import type { ExitEvidence, StepOutcome } from '../worker/step-runner.ts';

type Finished = Extract<JobEvent, { type: 'step.finished' }>;
type Skipped = Extract<JobEvent, { type: 'step.skipped' }>;

/** A report without what only the reporter knows: its number and its time. */
export type Report = Unnumbered<JobEvent>;
type Unnumbered<E> = E extends JobEvent ? Omit<E, 'seq' | 'at'> : never;

/** What the end of a step means: what is reported, and what it does to the job. */
export type StepVerdict = {
  readonly report: Unnumbered<Finished> | Unnumbered<Skipped>;
  /** Why the job cannot succeed any more. */
  readonly failure?: Reason;
  /** Whether the step is tried again. */
  readonly again?: true;
  /** Why nothing more can be run in this worker. */
  readonly lost?: Reason;
};

/** What {@link judgeStep} looks at. */
export type StepCase = {
  readonly index: number;
  /** Which try it was, from 1. */
  readonly attempt: number;
  readonly step: Step;
  readonly outcome: StepOutcome;
  /** Why the step was told to end, if it was. */
  readonly end?: Reason;
  /** Memory limit of the worker as the pipeline writes it, for the message about running out of it. */
  readonly memoryLimit?: string | undefined;
};

/** Decides what the end of a step means. */
export const judgeStep = (at: StepCase): StepVerdict => {
  const { outcome } = at;
  if (outcome.kind === 'not-started' && at.end !== undefined) {
    return at.attempt === 1
      ? { report: { type: 'step.skipped', step: at.index } }
      : { report: withoutExit(at.index, 'cancelled', at.end) };
  }
  if (outcome.kind === 'not-started') return judgeStep({ ...at, outcome: { kind: 'lost', reason: neverRan(at) } });
  if (outcome.kind === 'lost') {
    return at.end === undefined
      ? { report: withoutExit(at.index, 'failed', outcome.reason), lost: outcome.reason }
      : { report: withoutExit(at.index, 'cancelled', at.end), lost: outcome.reason };
  }
  if (outcome.kind === 'refused') return passOn(at, withoutExit(at.index, 'failed', outcome.reason), outcome.reason);
  const { exit } = outcome;
  const facts = { ...withoutExit(at.index, 'succeeded'), ...exitFacts(exit) };
  const isGood = succeeded(exit);
  const misfit = outcome.outputs !== undefined && 'problem' in outcome.outputs ? outcome.outputs.problem : undefined;
  if (isGood && misfit === undefined) return { report: facts };
  if (at.end !== undefined) return { report: { ...facts, state: 'cancelled', reason: at.end } };
  const why = isGood ? badOutputs(at, misfit ?? '') : failureOf(at, exit);
  const report = { ...facts, state: 'failed', reason: why } as const;
  return at.attempt <= (at.step.retries ?? 0)
    ? { report: { ...report, retried: true }, again: true }
    : passOn(at, report, why);
};

const neverRan = ({ step }: StepCase): Reason =>
  reason('StreamLost', `step ${JSON.stringify(step.name)} was not started, and nobody had called it off`);

const badOutputs = ({ step }: StepCase, problem: string): Reason => ({
  ...reason('StepFailed', `the outputs of step ${JSON.stringify(step.name)} cannot be used: ${problem}`),
  hint: 'Write lines of name=value to the file that $DANUBE_OUTPUT names.',
});

const succeeded = (exit: ExitEvidence): boolean => exit.reason === 'exit' && exit.code === 0;

/** What a failure does that is not made up for by another try. */
const passOn = (at: StepCase, report: Unnumbered<Finished>, why: Reason): StepVerdict =>
  at.step.continueOnError === true ? { report: { ...report, continued: true } } : { report, failure: why };

const withoutExit = (step: number, state: Finished['state'], why?: Reason): Unnumbered<Finished> => ({
  type: 'step.finished',
  step,
  state,
  ...(why === undefined ? {} : { reason: why }),
  durationMs: 0,
  bytes: { stdout: 0, stderr: 0 },
});

const exitFacts = (
  exit: ExitEvidence,
): Pick<Finished, 'durationMs' | 'bytes' | 'exitCode' | 'signal' | 'memoryPeakBytes'> => ({
  ...(exit.code === null ? {} : { exitCode: exit.code }),
  ...(exit.signal === null ? {} : { signal: exit.signal.replace(/^SIG/, '') }),
  durationMs: exit.durationMs,
  bytes: { stdout: exit.bytes.stdout, stderr: exit.bytes.stderr },
  ...(exit.memoryPeakBytes === undefined ? {} : { memoryPeakBytes: exit.memoryPeakBytes }),
});

const failureOf = ({ step, memoryLimit }: StepCase, exit: ExitEvidence): Reason => {
  const name = `step ${JSON.stringify(step.name)}`;
  if (exit.reason === 'timeout') {
    return reason('StepTimeout', `${name} and its processes were ended after its timeout of ${step.timeout ?? ''}`);
  }
  const how = ending(exit);
  if ((exit.oomKills ?? 0) > 0) {
    const what =
      memoryLimit === undefined
        ? `ran out of memory, without a limit in the pipeline: that of the namespace or of the node was reached; it ${how}`
        : `reached the memory limit of ${memoryLimit} and ${how}`;
    const evidence = [`processes killed for memory: ${exit.oomKills ?? 0}`];
    if (exit.memoryPeakBytes !== undefined) evidence.push(`peak memory: ${memoryText(exit.memoryPeakBytes)}`);
    return reason('OutOfMemory', `${name} ${what}`, evidence);
  }
  return reason('StepFailed', `${name} ${how}`);
};

const ending = (exit: ExitEvidence): string => {
  if (exit.signal !== null) return `was ended by signal ${exit.signal.replace(/^SIG/, '')}`;
  if (exit.reason === 'killed') return 'was ended from outside';
  return exit.code === null ? 'ended without an exit code' : `ended with exit code ${exit.code}`;
};
