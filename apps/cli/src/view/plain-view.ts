import type { Job, LogEntry } from '@danube/contract';
import { applyEvent, beforeEvents } from './apply-event.ts';
import { cleanText } from './clean-text.ts';
import { palette } from './palette.ts';
import { type OutputLine, StepOutput } from './step-output.ts';
import { summary } from './summary.ts';
import type { View, ViewOptions, Written } from './view.ts';
import { attemptOf, oneLine, stepOutcome } from './words.ts';

/** Names longer than this are not lined up. */
const maxNameWidth = 24;

/**
 * Lines for logs and pipes, each of which says what it is: `STEP | text` is stdout, `STEP ! text` is stderr, `* text`
 * comes from Danube.
 */
export const plainView = ({ colours }: Pick<ViewOptions, 'colours'>): View => {
  const paint = palette(false);
  const output = new StepOutput();
  let job: Job | undefined;

  const nameOf = (step: number): string => job?.steps[step]?.name ?? `step ${step}`;
  const outputLine = ({ step, stream, text }: OutputLine): string => {
    const width = Math.min(Math.max(...(job?.steps ?? []).map(({ name }) => name.length), 0), maxNameWidth);
    return `${nameOf(step).padEnd(width)} ${stream === 'stdout' ? '|' : '!'} ${cleanText(text, colours)}`.trimEnd();
  };

  const linesOf = ({ event }: LogEntry): string[] => {
    switch (event.type) {
      case 'output':
        return output.push(event).map(outputLine);
      case 'job.state':
        return event.state === 'starting' || event.state === 'running'
          ? [`* job ${job?.id ?? ''} is ${event.state}`]
          : [];
      case 'pod.progress':
        return [`* ${cleanText(oneLine(event.message), false)}`];
      case 'step.started':
        return [`* step ${nameOf(event.step)} started${attemptOf({ ...event, name: '', state: 'running' })}`];
      case 'step.finished': {
        const step = job?.steps[event.step];
        return [
          ...output.end(event.step).map(outputLine),
          `* step ${nameOf(event.step)} ${step === undefined ? event.state : stepOutcome(step)}`,
        ];
      }
      case 'step.skipped':
        return [`* step ${nameOf(event.step)} skipped`];
      default:
        return [];
    }
  };

  return {
    begin(begun) {
      job = beforeEvents(begun);
      return written([`* job ${begun.id} of pipeline ${begun.pipelineId}`]);
    },
    entry(entry) {
      job = job === undefined ? undefined : applyEvent(job, entry.event);
      return written(linesOf(entry));
    },
    note: (text) => written([`* ${text}`]),
    tick: () => ({}),
    end: (ended) => written([...output.end().map(outputLine), ...(ended === undefined ? [] : summary(ended, paint))]),
  };
};

const written = (lines: readonly string[]): Written =>
  lines.length === 0 ? {} : { out: lines.map((line) => `${line}\n`).join('') };
