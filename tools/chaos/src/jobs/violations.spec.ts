import type { Job, LogEntry } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { type Evidence, violationsOf } from './violations.ts';
import { expectedOutput, LAST_OUTPUT } from './workload.ts';

const workload = { lines: 3, pauseMs: 1 };
const at = '2026-01-01T00:00:00.000Z';

const output = (step: number, stream: 'stdout' | 'stderr', text: string): LogEntry => ({
  position: 1,
  event: { type: 'output', seq: 1, at, step, stream, encoding: 'utf8', data: text },
});

const job: Job = {
  id: 'a',
  pipelineId: 'chaos',
  state: 'succeeded',
  attempt: 1,
  cancelRequested: false,
  logComplete: true,
  createdAt: at,
  steps: [
    { name: 'talk', state: 'succeeded', exitCode: 0 },
    { name: 'last', state: 'succeeded', exitCode: 0 },
  ],
};

const good: Evidence = {
  job,
  entries: [
    output(0, 'stdout', expectedOutput('stdout', workload)),
    output(0, 'stderr', expectedOutput('stderr', workload)),
    output(1, 'stdout', LAST_OUTPUT),
  ],
  ran: ['talk', 'last'],
  ended: ['talk', 'last'],
  lines: 3,
  workload,
};

describe('what should not have been', () => {
  it('is nothing when a job did all it should', () => {
    expect(violationsOf(good, ['succeeded'])).toEqual([]);
  });

  it.each<[string, { change?: Partial<Evidence>; allowed?: readonly string[]; says: RegExp }]>([
    ['another end', { allowed: ['error PodDeleted'], says: /^ended as succeeded/ }],
    ['a command that ran twice', { change: { ran: ['talk', 'talk', 'last'] }, says: /talk ran 2 times/ }],
    ['a success without the end of a command', { change: { ended: ['talk'] }, says: /without proof that last/ }],
    ['output that was not written', { change: { entries: [output(0, 'stdout', 'x')] }, says: /not what was written/ }],
    ['a complete log without its end', { change: { entries: good.entries.slice(1) }, says: /stdout has 0 of 3/ }],
    ['a success with a gap', { change: { job: { ...job, logComplete: false } }, says: /incomplete log/ }],
    [
      'lines that came twice',
      { change: { entries: [...good.entries, ...good.entries] }, says: /not what was written/ },
    ],
  ])('is %s', (_name, { change = {}, allowed = ['succeeded'], says }) => {
    expect(violationsOf({ ...good, ...change }, allowed).join('; ')).toMatch(says);
  });

  it('is not a log that says itself that it is incomplete, of a job that was lost', () => {
    const lost: Job = { ...job, state: 'error', logComplete: false, steps: [] };
    expect(violationsOf({ ...good, job: lost, entries: [], ended: [] }, ['error'])).toEqual([]);
  });
});
