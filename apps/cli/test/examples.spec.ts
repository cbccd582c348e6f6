import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { type Job, type LogEntry, outputBytes } from '@danube/contract';
import { danube } from './danube-process.ts';

// Each test starts a whole Danube; on a busy machine that takes its time.
jest.setTimeout(60_000);

const examples = new URL('../../../examples/', import.meta.url);

/** Runs an example in local mode and reads what `--output json` says of it. */
const runExample = async (name: string) => {
  const { exitCode, stdout, stderr, files, processes } = await danube('run', `examples/${name}.yaml`, '-o', 'json');
  expect({ files, processes, stderr }).toEqual({
    files: [],
    processes: [],
    stderr: 'Local mode, no isolation: the steps run as your own processes on this machine.\n',
  });
  const lines = stdout
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { job?: Job } & LogEntry);
  const job = lines.at(-1)?.job;
  const outputOf = (step: number, stream: 'stdout' | 'stderr'): Buffer =>
    Buffer.concat(
      lines.flatMap(({ event }) =>
        (event as LogEntry['event'] | undefined)?.type === 'output' &&
        event.type === 'output' &&
        event.step === step &&
        event.stream === stream
          ? [outputBytes(event)]
          : [],
      ),
    );
  return {
    exitCode,
    state: job?.state,
    reason: job?.reason?.code,
    steps: job?.steps.map(({ name: step, state, exitCode: code }) =>
      [step, state, ...(code === undefined ? [] : [code])].join(' '),
    ),
    text: (step: number, stream: 'stdout' | 'stderr' = 'stdout') => outputOf(step, stream).toString('utf8'),
    outputOf,
    job,
  };
};

describe('the examples, in local mode', () => {
  it('are all run here', async () => {
    const names = (await readdir(examples)).filter((name) => name.endsWith('.yaml'));
    const elsewhere = ['coordinator-alone.yaml'];
    expect(names.filter((name) => !elsewhere.includes(name)).sort()).toEqual([
      'big-output.yaml',
      'continue-on-error.yaml',
      'env-and-workdir.yaml',
      'failing-step.yaml',
      'hello.yaml',
      'outputs.yaml',
      'retries.yaml',
      'timeout.yaml',
    ]);
  });

  it('hello: three steps, both streams', async () => {
    const { exitCode, state, steps, text } = await runExample('hello');
    expect({ exitCode, state, steps }).toEqual({
      exitCode: 0,
      state: 'succeeded',
      steps: ['greet succeeded 0', 'both streams succeeded 0', 'use the workspace succeeded 0'],
    });
    expect(text(0)).toBe('Hello from Danube\n');
    expect(text(1)).toBe('this line went to stdout\nworking 1/3\nworking 2/3\nworking 3/3\n');
    expect(text(1, 'stderr')).toBe('this line went to stderr\n');
    expect(text(2)).toMatch(/^built at \d\d:\d\d:\d\d\n$/);
  });

  it('failing-step: exit code 1, and what comes after the failure is skipped', async () => {
    const { exitCode, state, reason, steps, text } = await runExample('failing-step');
    expect({ exitCode, state, reason, steps }).toEqual({
      exitCode: 1,
      state: 'failed',
      reason: 'StepFailed',
      steps: ['prepare succeeded 0', 'fail failed 7', 'never skipped'],
    });
    expect(text(1, 'stderr')).toBe('about to fail\n');
    expect(text(2)).toBe('');
  });

  it('big-output: every byte arrives', async () => {
    const { exitCode, outputOf, job } = await runExample('big-output');
    const output = outputOf(0, 'stdout');
    expect({ exitCode, logComplete: job?.logComplete, bytes: output.length }).toEqual({
      exitCode: 0,
      logComplete: true,
      bytes: 8_200_000,
    });
    expect(createHash('sha256').update(output).digest('hex')).toBe(
      'c30bfb843a38b6897018e817741201a8f8017b7cc7b64490877d7aba722af64a',
    );
  });

  it('timeout: the step is ended, and so is what it started', async () => {
    const { exitCode, state, reason, text, job } = await runExample('timeout');
    expect({ exitCode, state, reason }).toEqual({ exitCode: 1, state: 'failed', reason: 'StepTimeout' });
    expect(text(0)).toBe('waiting for something that never comes\n');
    expect(job?.steps[0]?.durationMs).toBeGreaterThanOrEqual(2000);
    expect(job?.steps[0]?.durationMs).toBeLessThan(10_000);
  });

  it('env-and-workdir: environment, working directory, a command without a shell', async () => {
    const { exitCode, text } = await runExample('env-and-workdir');
    expect(exitCode).toBe(0);
    expect([text(1), text(2), text(3)]).toEqual(['Hello, Danube\n', 'I am in packages/app\n', 'file.txt\n']);
  });

  it('outputs: passes a value on', async () => {
    const { exitCode, text } = await runExample('outputs');
    expect({ exitCode, text: text(1) }).toEqual({ exitCode: 0, text: 'publishing 1.2.3\n' });
  });

  it('retries: tries until it succeeds, and says at which attempt', async () => {
    const { exitCode, steps, text, job } = await runExample('retries');
    expect({ exitCode, steps, attempt: job?.steps[0]?.attempt }).toEqual({
      exitCode: 0,
      steps: ['flaky succeeded 0', 'after succeeded 0'],
      attempt: 3,
    });
    expect(text(0)).toBe('attempt 1\nattempt 2\nattempt 3\n');
    expect(text(1).trim()).toBe('3');
  });

  it('continue-on-error: goes on where it may, and always cleans up', async () => {
    const { exitCode, reason, steps, job } = await runExample('continue-on-error');
    expect({ exitCode, reason, steps, continued: job?.steps[0]?.continued }).toEqual({
      exitCode: 1,
      reason: 'StepFailed',
      steps: ['lint failed 1', 'test failed 3', 'deploy skipped', 'report succeeded 0', 'clean up succeeded 0'],
      continued: true,
    });
  });
});
