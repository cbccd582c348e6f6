import { durationText, isFinal, type Job, type LogEntry, type StepView } from '@danube/contract';
import { applyEvent, beforeEvents } from './apply-event.ts';
import { cleanText } from './clean-text.ts';
import { LiveRegion, type Painted } from './live-region.ts';
import { palette } from './palette.ts';
import { type OutputLine, StepOutput } from './step-output.ts';
import { signOf, summary } from './summary.ts';
import type { View, ViewOptions, Written } from './view.ts';
import { attemptOf, oneLine, stepOutcome } from './words.ts';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

/**
 * The view of a terminal: output scrolls by, `│` before stdout and `!` before stderr; below it the running step with a
 * spinner and its time, the steps to come, and the state of the job.
 */
export const liveView = ({ colours, columns, now }: ViewOptions): View => {
  const paint = palette(colours);
  const output = new StepOutput();
  const region = new LiveRegion(columns);
  let job: Job | undefined;
  let progress = '';

  const outputLine = ({ stream, text }: OutputLine): string => {
    const mark = stream === 'stdout' ? paint.dim('│') : paint.red('!');
    return `  ${mark} ${cleanText(text, colours)}`.trimEnd();
  };

  const linesOf = ({ event }: LogEntry): string[] => {
    switch (event.type) {
      case 'output':
        return output.push(event).map(outputLine);
      case 'step.started':
        return startLine(job?.steps[event.step]);
      case 'step.finished':
      case 'step.skipped':
        return [...output.end(event.step).map(outputLine), ...stepLine(job?.steps[event.step])];
      default:
        return [];
    }
  };
  const stepLine = (step: StepView | undefined): string[] =>
    step === undefined ? [] : [`${signOf(step, paint)} ${step.name} ${paint.dim(stepOutcome(step))}`];

  const startLine = (step: StepView | undefined): string[] =>
    step === undefined ? [] : [`${paint.cyan('▸')} ${paint.bold(step.name)}${attemptOf(step)}`];

  const regionLines = (): Painted[] => {
    if (job === undefined || isFinal(job.state)) return [];
    const nowMs = now();
    const wheel = spinner[Math.floor(nowMs / 100) % spinner.length] ?? '';
    const since = (at: string): string => durationText(nowMs - Date.parse(at));
    const running = job.steps.filter(({ state }) => state === 'running');
    const next = job.steps.filter(({ state }) => state === 'pending').map(({ name }) => name);
    const ended = job.steps.length - running.length - next.length;
    const state = `${job.state}${job.state === 'running' || progress === '' ? '' : `: ${progress}`}`;
    return [
      ...running.map(({ name, startedAt }) => ({
        text: `${wheel} ${name}${startedAt === undefined ? '' : `  ${since(startedAt)}`}`,
        paint: paint.cyan,
      })),
      ...(next.length === 0 ? [] : [{ text: `  then ${next.join(', ')}`, paint: paint.dim }]),
      {
        text: `${running.length === 0 ? wheel : ' '} job ${job.id} ${state}  ${ended}/${job.steps.length} steps  ${since(job.createdAt)}`,
        paint: paint.dim,
      },
    ];
  };

  const draw = (lines: readonly string[]): Written => ({
    out: region.redraw(lines.map((line) => `${line}\n`).join(''), regionLines()),
  });

  return {
    begin(begun) {
      job = beforeEvents(begun);
      return { out: `${hideCursor}${String(draw([]).out)}` };
    },
    entry(entry) {
      if (entry.event.type === 'pod.progress') progress = cleanText(oneLine(entry.event.message), false);
      job = job === undefined ? undefined : applyEvent(job, entry.event);
      return draw(linesOf(entry));
    },
    note: (text) => draw([paint.yellow(text)]),
    tick: () => draw([]),
    end(ended) {
      job = undefined;
      const lines = [...output.end().map(outputLine), ...(ended === undefined ? [] : summary(ended, paint))];
      return { out: `${String(draw(lines).out)}${showCursor}` };
    },
  };
};
