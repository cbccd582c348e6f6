import type { JobEvent, Pipeline } from '@danube/contract';

export const hello: Pipeline = {
  id: 'hello',
  workerImage: 'busybox:1.36',
  steps: [
    { name: 'greet', run: 'echo hello' },
    { name: 'leave', run: 'echo bye' },
  ],
};

export const at = '2026-11-23T12:00:00.000Z';

export const started = (seq: number): JobEvent => ({ seq, at, type: 'job.started' });
export const stepStarted = (seq: number, step: number): JobEvent => ({
  seq,
  at,
  type: 'step.started',
  step,
  attempt: 1,
});
export const output = (seq: number, data: string): JobEvent => ({
  seq,
  at,
  type: 'output',
  step: 0,
  stream: 'stdout',
  encoding: 'utf8',
  data,
});
export const stepFinished = (seq: number, step: number, exitCode = 0): JobEvent => ({
  seq,
  at,
  type: 'step.finished',
  step,
  state: exitCode === 0 ? 'succeeded' : 'failed',
  exitCode,
  durationMs: 5,
  bytes: { stdout: 6, stderr: 0 },
});
export const finished = (seq: number, state: 'succeeded' | 'failed' | 'cancelled' = 'succeeded'): JobEvent => ({
  seq,
  at,
  type: 'job.finished',
  state,
  logComplete: true,
});

/** All that a coordinator reports of {@link hello} when it goes well. */
export const helloEvents: readonly JobEvent[] = [
  started(1),
  stepStarted(2, 0),
  output(3, 'hello\n'),
  stepFinished(4, 0),
  stepStarted(5, 1),
  stepFinished(6, 1),
  finished(7),
];
