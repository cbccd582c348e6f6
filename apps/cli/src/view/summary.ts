import { durationText, type Job, type Reason, type StepState, type StepView } from '@danube/contract';
import { cleanText } from './clean-text.ts';
import type { Palette } from './palette.ts';
import { attemptOf, jobDurationMs, oneLine, peakOf, whatFollowed } from './words.ts';

/** Signs of the states of a step; each has its own, so that no colour is needed to tell them apart. */
export const signs: Readonly<Record<StepState, string>> = {
  pending: '·',
  running: '▸',
  succeeded: '✓',
  failed: '✗',
  skipped: '-',
  cancelled: '■',
};

/** The sign of a step in its colour. */
export const signOf = (step: StepView, paint: Palette): string => {
  const sign = signs[step.state];
  if (step.state === 'succeeded') return paint.green(sign);
  if (step.state === 'failed') return step.continued === true ? paint.yellow(sign) : paint.red(sign);
  return step.state === 'cancelled' ? paint.yellow(sign) : paint.dim(sign);
};

/** The closing lines: how the job ended, each step, why, and what to do about it. */
export const summary = (job: Job, paint: Palette): string[] => {
  const tookMs = jobDurationMs(job);
  const ending = job.state === 'error' ? 'ended in error' : job.state;
  const state = job.state === 'succeeded' ? paint.green(ending) : paint.red(ending);
  const title = `${paint.bold(`Job ${job.id}`)} ${state}${tookMs === undefined ? '' : ` after ${durationText(tookMs)}`}`;
  const nameWidth = Math.max(...job.steps.map(({ name }) => name.length), 0);
  const stateWidth = Math.max(...job.steps.map(({ state: step }) => step.length), 0);
  return [
    '',
    title,
    ...job.steps.flatMap((step) => [
      stepLine(step, { nameWidth, stateWidth, paint }),
      ...(saysMore(step.reason, job) ? [`      ${reasonText(step.reason)}`] : []),
    ]),
    ...(job.logComplete ? [] : [`  ${paint.yellow('Part of the output is missing from the log.')}`]),
    ...(job.reason === undefined ? [] : reasonLines(job.reason, '  ')),
  ];
};

const stepLine = (
  step: StepView,
  { nameWidth, stateWidth, paint }: { nameWidth: number; stateWidth: number; paint: Palette },
): string => {
  const facts = [
    step.durationMs === undefined ? '' : durationText(step.durationMs),
    step.signal !== undefined ? `signal ${step.signal}` : step.exitCode !== undefined ? `exit ${step.exitCode}` : '',
    attemptOf(step).trim(),
    ...peakOf(step),
    ...whatFollowed(step),
  ].filter((fact) => fact !== '');
  const row = `  ${signOf(step, paint)} ${step.name.padEnd(nameWidth)}  ${step.state.padEnd(stateWidth)}  ${facts.join('  ')}`;
  return row.trimEnd();
};

/** Whether the reason of a step says what neither its line nor the reason of the job does. */
const saysMore = (reason: Reason | undefined, job: Job): reason is Reason =>
  reason !== undefined && reason.code !== 'StepFailed' && reason.message !== job.reason?.message;

const reasonLines = (reason: Reason, indent: string): string[] => [
  `${indent}${reasonText(reason)}`,
  ...(reason.evidence ?? []).map((line) => `${indent}  ${cleanText(oneLine(line), false)}`),
  `${indent}Hint: ${reason.hint}`,
];

const reasonText = (reason: Reason): string => `${reason.code}: ${cleanText(oneLine(reason.message), false)}`;
