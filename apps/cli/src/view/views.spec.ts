import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { LogEntry } from '@danube/contract';
import { entriesOf, failedJob, failingLog, finished, output, queuedJob } from '../../test/job.ts';
import { FakeTerminal } from '../../test/screen.ts';
import { applyEvent } from './apply-event.ts';
import { chooseView } from './choose-view.ts';
import { liveView } from './live-view.ts';
import { jsonView, rawView } from './machine-views.ts';
import { palette } from './palette.ts';
import { plainView } from './plain-view.ts';
import { summary } from './summary.ts';
import type { View, Written } from './view.ts';

const shown = (view: View, entries: readonly LogEntry[]): { out: string; err: string } => {
  const written: Written[] = [view.begin(queuedJob), ...entries.map((entry) => view.entry(entry)), view.end(failedJob)];
  const text = (key: keyof Written) =>
    Buffer.concat(written.map((piece) => Buffer.from(piece[key] ?? ''))).toString('utf8');
  return { out: text('out'), err: text('err') };
};

const closing = `
Job k3v9 failed after 18.0 s
  ✓ build  succeeded  1.2 s  exit 0
  ✗ test   failed     1 min 1 s  exit 7
  - tidy   skipped
  StepFailed: step "test" failed with exit code 7
    last line
  Hint: Read the output of the step that failed.
`;

describe('plainView', () => {
  it('tells steps and streams apart, puts cut lines together, and closes with a summary', () => {
    expect(shown(plainView({ colours: false }), failingLog)).toEqual({
      out: `* job k3v9 of pipeline ci
* job k3v9 is starting
* Pulling image "busybox:1.36"
* job k3v9 is running
* step build started
build | compiling
build ! a warning
build | linking
* step build succeeded after 1.2 s
* step test started
test  | ✓
test  ! red, no line end
* step test failed with exit code 7 after 1.2 s
* step tidy skipped
${closing}`,
      err: '',
    });
  });

  it('lets colours of the steps pass when they are wanted, and ends them with the line', () => {
    expect(shown(plainView({ colours: true }), failingLog).out).toContain(
      'test  ! \x1b[31mred\x1b[0m, no line end\x1b[0m\n',
    );
  });
});

describe('a step that is tried again', () => {
  const flaky = entriesOf(
    { type: 'step.started', step: 0, attempt: 1 },
    finished(0, 1, { retried: true }),
    { type: 'step.started', step: 0, attempt: 2 },
    finished(0, 0, { memoryPeakBytes: 67_108_864 }),
  );

  it('is shown with each of its attempts, line by line', () => {
    const begin = '* job k3v9 of pipeline ci\n';
    expect(
      shown(plainView({ colours: false }), flaky)
        .out.slice(begin.length)
        .split('\n')
        .slice(0, 4),
    ).toEqual([
      '* step build started',
      '* step build failed with exit code 1 after 1.2 s, tried again',
      '* step build started at attempt 2',
      '* step build succeeded after 1.2 s at attempt 2, peak memory 64 MiB',
    ]);
  });

  it('is shown with its last attempt in the summary', () => {
    const ended = flaky.reduce((job, { event }) => applyEvent(job, event), queuedJob);
    expect(ended.steps[0]).not.toHaveProperty('retried');
    expect(summary(ended, palette(false))[2]).toBe(
      '  ✓ build  succeeded  1.2 s  exit 0  at attempt 2  peak memory 64 MiB',
    );
  });
});

describe('jsonView', () => {
  it('prints the job, every entry, and the job at its end, one object per line', () => {
    const lines = shown(jsonView(), failingLog).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { job: queuedJob },
      ...failingLog,
      { job: failedJob },
    ]);
  });
});

describe('rawView', () => {
  it('gives the bytes as they came, each stream to its own output, and nothing else', () => {
    expect(shown(rawView(), failingLog)).toEqual({
      out: 'compiling\nlinking\n✓',
      err: 'a warning\n\x1b[31mred\x1b[0m\x1b[2J, no line end',
    });
  });
});

describe('liveView', () => {
  const nowMs = Date.parse(queuedJob.createdAt) + 7250;
  const play = (columns: number, entries: readonly LogEntry[], colours = true) => {
    const terminal = new FakeTerminal(columns);
    const view = liveView({ colours, columns: () => columns, now: () => nowMs });
    const write = ({ out = '' }: Written) => terminal.write(String(out));
    write(view.begin(queuedJob));
    for (const entry of entries) {
      write(view.entry(entry));
      write(view.tick());
    }
    return { terminal, view, write };
  };

  it('shows the running step with spinner and time, what comes next, and the job below the output', () => {
    const { terminal } = play(80, failingLog.slice(0, 8));
    expect(terminal.cursorHidden).toBe(true);
    expect(terminal.text).toBe(`▸ build
  │ compiling
  ! a warning
⠹ build  2.3 s
  then test, tidy
  job k3v9 running  0/3 steps  7.3 s
`);
  });

  it('says how far the pod has come while no step runs', () => {
    const { terminal } = play(80, failingLog.slice(0, 3));
    expect(terminal.text).toContain('⠹ job k3v9 starting: Pulling image "busybox:1.36"  0/3 steps  7.3 s');
  });

  it('leaves only what happened and the summary, and gives the cursor back', () => {
    const { terminal, view, write } = play(80, failingLog);
    write(view.note('a note'));
    write(view.end(failedJob));
    expect(terminal.cursorHidden).toBe(false);
    expect(terminal.text).toBe(
      `▸ build
  │ compiling
  ! a warning
  │ linking
✓ build succeeded after 1.2 s
▸ test
  │ ✓
  ! red, no line end
✗ test failed with exit code 7 after 1.2 s
- tidy skipped after 0.0 s
a note
${closing}`.replace(' after 0.0 s', ''),
    );
  });

  it('cuts its own lines to the width of the terminal, so that it can take them back', () => {
    const wide = {
      ...queuedJob,
      steps: queuedJob.steps.map((step) => ({ ...step, name: `${step.name} 日本語 🎉 ${'long '.repeat(9)}` })),
    };
    const terminal = new FakeTerminal(30);
    const view = liveView({ colours: true, columns: () => 30, now: () => nowMs });
    terminal.write(String(view.begin(wide).out));
    for (const entry of failingLog.slice(0, 6)) terminal.write(String(view.entry(entry).out));
    expect(terminal.lines.filter((line) => line.startsWith('⠹'))).toHaveLength(1);
    expect(Math.max(...terminal.lines.slice(-4).map((line) => line.length))).toBeLessThan(30);
  });

  it('takes its lines back also when the terminal has become narrower', () => {
    let columns = 80;
    const view = liveView({ colours: false, columns: () => columns, now: () => nowMs });
    view.begin(queuedJob);
    for (const entry of failingLog.slice(0, 6)) view.entry(entry);
    columns = 10;
    // "⠹ build  2.3 s" 2 rows, "  then test, tidy" 2 rows, "  job k3v9 running  0/3 steps  7.3 s" 4 rows
    expect(String(view.tick().out).startsWith('\x1b[8A\r\x1b[J')).toBe(true);
  });

  it('uses no colours when they are not wanted', () => {
    const view = liveView({ colours: false, columns: () => 80, now: () => nowMs });
    const text = [view.begin(queuedJob), ...failingLog.map((entry) => view.entry(entry)), view.end(failedJob)]
      .map(({ out }) => String(out ?? ''))
      .join('');
    expect(text).not.toMatch(/\x1b\[[0-9;]*m/);
  });

  it('does not let a step move the cursor', () => {
    const nasty = entriesOf(
      { type: 'step.started', step: 0, attempt: 1 },
      output(0, 'stdout', '\x1b[5A\x1b[2Jx\x1b]0;t\x07\n'),
    );
    expect(play(80, nasty).terminal.text).toContain('  │ x\n');
  });
});

describe('chooseView', () => {
  it.each([
    { format: 'auto', tty: true, env: {}, live: true },
    { format: 'auto', tty: true, env: { CI: 'true' }, live: false },
    { format: 'auto', tty: true, env: { TERM: 'dumb' }, live: false },
    { format: 'auto', tty: false, env: {}, live: false },
    { format: 'live', tty: false, env: {}, live: true },
    { format: 'plain', tty: true, env: {}, live: false },
  ])('gives $format with a terminal $tty and $env the live view: $live', ({ format, tty, env, live }) => {
    const stdout = Object.assign(new PassThrough(), { isTTY: tty });
    const { out } = chooseView(format, { stdout, env }).begin(queuedJob);
    expect(String(out).startsWith('\x1b[?25l')).toBe(live);
  });
});
