import type { Job, JobEvent, LogEntry, ServerEvent } from '@danube/contract';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + seconds * 1000).toISOString();

/** A queued job of three steps, made at a fixed time. */
export const queuedJob: Job = {
  id: 'k3v9',
  pipelineId: 'ci',
  state: 'queued',
  attempt: 1,
  cancelRequested: false,
  logComplete: true,
  createdAt: at(0),
  steps: ['build', 'test', 'tidy'].map((name) => ({ name, state: 'pending' })),
};

type Draft<E> = E extends unknown ? Omit<E, 'seq' | 'at'> : never;

/** Log entries of drafts, one second apart. */
export const entriesOf = (...drafts: readonly (Draft<JobEvent> | Draft<ServerEvent>)[]): LogEntry[] =>
  drafts.map((draft, index) => {
    const server = draft.type === 'job.state' || draft.type === 'pod.progress';
    const event = { ...(server ? {} : { seq: index + 1 }), at: at(index), ...draft };
    return { position: index + 1, event: event as LogEntry['event'] };
  });

/** A piece of output as a coordinator sends it. */
export const output = (step: number, stream: 'stdout' | 'stderr', data: string | Buffer): Draft<JobEvent> =>
  typeof data === 'string'
    ? { type: 'output', step, stream, encoding: 'utf8', data }
    : { type: 'output', step, stream, encoding: 'base64', data: data.toString('base64') };

type Finished = Draft<Extract<JobEvent, { type: 'step.finished' }>>;

/** The end of a step with an exit code. */
export const finished = (step: number, exitCode: number, more: Partial<Finished> = {}): Finished => ({
  type: 'step.finished',
  step,
  state: exitCode === 0 ? 'succeeded' : 'failed',
  exitCode,
  durationMs: 1234,
  bytes: { stdout: 0, stderr: 0 },
  ...more,
});

/** The log of a job whose second step fails with code 7. */
export const failingLog: readonly LogEntry[] = entriesOf(
  { type: 'job.state', state: 'queued' },
  { type: 'job.state', state: 'starting' },
  { type: 'pod.progress', message: 'Pulling image "busybox:1.36"' },
  { type: 'job.state', state: 'running' },
  { type: 'job.started' },
  { type: 'step.started', step: 0, attempt: 1 },
  output(0, 'stdout', 'compiling\nlin'),
  output(0, 'stderr', 'a warning\n'),
  output(0, 'stdout', 'king\n'),
  finished(0, 0),
  { type: 'step.started', step: 1, attempt: 1 },
  output(1, 'stdout', Buffer.from([0xe2, 0x9c])),
  output(1, 'stdout', Buffer.from([0x93])),
  output(1, 'stderr', '\x1b[31mred\x1b[0m\x1b[2J, no line end'),
  finished(1, 7),
  { type: 'step.skipped', step: 2 },
  { type: 'job.finished', state: 'failed', logComplete: true },
  { type: 'job.state', state: 'failed' },
);

/** The job at the end of {@link failingLog}. */
export const failedJob: Job = {
  ...queuedJob,
  state: 'failed',
  reason: {
    code: 'StepFailed',
    class: 'user',
    message: 'step "test" failed\nwith exit code 7',
    evidence: ['last line'],
    hint: 'Read the output of the step that failed.',
  },
  finishedAt: at(18),
  steps: [
    { name: 'build', state: 'succeeded', exitCode: 0, durationMs: 1234 },
    { name: 'test', state: 'failed', exitCode: 7, durationMs: 61_000 },
    { name: 'tidy', state: 'skipped' },
  ],
};
