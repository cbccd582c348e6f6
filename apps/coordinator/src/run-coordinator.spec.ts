import { describe, expect, it } from '@jest/globals';
import { reason } from '@danube/contract';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeApiServer } from '../test/fake-api-server.ts';
import { JobBench, pipelineOf } from '../test/job-bench.ts';

const until = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come to this within 10 s');
    await sleep(5);
  }
};

describe('runCoordinator with an api-server', () => {
  it('runs the steps in order and reports all of it, numbered and byte for byte', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(
      pipelineOf(
        [
          { run: 'echo out; echo err >&2' },
          { run: ['printf', '%s', 'grüße \\377'], env: { A: '1' } },
          { run: 'printf "\\377\\376"; echo "$A $B $DANUBE_STEP $CI" >&2', env: { B: '2' } },
        ],
        { env: { A: '0' } },
      ),
    );
    expect(await bench.run(server.url)).toBe(0);
    expect(server.types).toEqual([
      'job.started',
      ...Array.from({ length: 3 }, () => ['step.started', 'step.finished']).flat(),
      'job.finished',
    ]);
    expect(server.events.map(({ seq }) => seq)).toEqual(server.events.map((_, index) => index + 1));
    expect(server.output('stdout')).toEqual(Buffer.concat([Buffer.from('out\ngrüße \\377'), Buffer.from([255, 254])]));
    expect(server.output('stderr').toString()).toBe('err\n0 2 s2 true\n');
    expect(server.events.at(-1)).toMatchObject({ type: 'job.finished', state: 'succeeded', logComplete: true });
    expect(new Set(server.authorizations)).toEqual(new Set(['Bearer secret-token']));
    expect(await bench.result()).toEqual({
      version: 1,
      jobId: 'j1',
      state: 'succeeded',
      lastSeq: server.events.length,
    });
    expect(bench.runner.workerEnded).toBe(true);
    expect(bench.stderr.join('')).toBe('');
  });

  it('fails with the first failing step, and runs what is due after it', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(
      pipelineOf([{ run: 'exit 7' }, { run: 'echo no' }, { run: 'pwd', if: 'always', workingDir: 'sub' }]),
    );
    expect(await bench.run(server.url)).toBe(1);
    expect(server.events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'step.finished', step: 0, state: 'failed', exitCode: 7 }),
        expect.objectContaining({ type: 'step.skipped', step: 1 }),
      ]),
    );
    expect(server.output('stdout').toString()).toMatch(/\/workspace\/sub\n$/);
    const result = await bench.result();
    expect(result).toMatchObject({ state: 'failed', reason: { code: 'StepFailed' } });
    expect(server.events.at(-1)).toMatchObject({ state: 'failed', reason: result.reason });
  });

  it('gets everything through once in spite of broken connections and errors', async () => {
    await using server = await FakeApiServer.start();
    server.trouble = ['reset', 500, 429, 'store-and-reset', 503, 'store-and-reset', 401];
    await using bench = await JobBench.create(pipelineOf([{ run: 'seq 1 20000' }, { run: 'echo end' }]));
    expect(await bench.run(server.url)).toBe(0);
    const want = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(server.output('stdout').toString()).toBe(`${want}end\n`);
    expect(server.events.map(({ seq }) => seq)).toEqual(server.events.map((_, index) => index + 1));
    expect(server.trouble).toEqual([]);
  });

  it('goes on with the steps while the api-server is away, and reports later', async () => {
    await using server = await FakeApiServer.start();
    await server.goAway();
    await using bench = await JobBench.create(pipelineOf([{ run: 'head -c 9000000 /dev/zero' }, { run: 'echo two' }]));
    const running = bench.run(server.url);
    await until(() => bench.runner.started.length === 2);
    await server.comeBack();
    expect(await running).toBe(0);
    expect(server.output('stdout')).toHaveLength(9_000_004);
    expect(server.events.at(-1)).toMatchObject({ state: 'succeeded', logComplete: true });
  });

  it('lets the journal go of what is stored, and of nothing before', async () => {
    await using server = await FakeApiServer.start();
    await server.goAway();
    await using bench = await JobBench.create(pipelineOf([{ run: 'seq 1 200000' }, { run: 'echo two' }]));
    const running = bench.run(server.url);
    await until(() => bench.runner.started.length === 2);
    expect(bench.runner.released.size).toBe(0);
    expect(bench.runner.discarded).toEqual([]);
    await server.comeBack();
    expect(await running).toBe(0);
    expect(server.output('stdout')).toHaveLength(1_288_899);
    expect(bench.runner.discarded).toContain('step-0-1');
    expect(bench.runner.released.get('step-0-1')?.stdout).toBeGreaterThan(500_000);
  });

  it('lets the journal go of everything when the server refuses the report: no command waits for it', async () => {
    await using server = await FakeApiServer.start();
    server.trouble = [409];
    await using bench = await JobBench.create(pipelineOf([{ run: 'seq 1 200000' }, { run: 'echo two' }]));
    expect(await bench.run(server.url)).toBe(0);
    expect(bench.runner.discarded).toContain('step-0-1');
  });

  it('leaves its result, and stops waiting in the end, when the api-server does not come back', async () => {
    await using server = await FakeApiServer.start();
    await server.goAway();
    await using bench = await JobBench.create(pipelineOf([{ run: 'echo x' }], { timeout: '1s' }));
    bench.times = { deliveryMs: 300 };
    expect(await bench.run(server.url)).toBe(0);
    expect(await bench.result()).toMatchObject({ state: 'succeeded', lastSeq: 5 });
    expect(bench.stderr.join('')).toBe('danube: the report is incomplete: the time for it was over\n');
  });

  it.each([400, 409])('stops asking a server that refuses the report, and finishes the job (%d)', async (status) => {
    await using server = await FakeApiServer.start();
    server.trouble = [200, status];
    await using bench = await JobBench.create(pipelineOf([{ run: 'seq 1 2000000' }]));
    expect(await bench.run(server.url)).toBe(0);
    expect(bench.stderr.join('')).toMatch(
      new RegExp(`^danube: the report is incomplete: .*refuses what is reported: HTTP ${status}\\n$`),
    );
  });

  it('makes batches smaller when the server finds them too large', async () => {
    await using server = await FakeApiServer.start();
    server.maxBodyBytes = 150_000;
    await using bench = await JobBench.create(pipelineOf([{ run: 'seq 1 100000' }]));
    expect(await bench.run(server.url)).toBe(0);
    expect(server.output('stdout')).toHaveLength(588_895);
  });

  it('reports a line of a quiet step at once', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(pipelineOf([{ run: 'echo ready; sleep 0.5; echo over' }]));
    const running = bench.run(server.url);
    await until(() => server.output('stdout').length > 0);
    expect(server.output('stdout').toString()).toBe('ready\n');
    expect(await running).toBe(0);
  });

  it('ends the running step on a cancel, runs always-steps, and is cancelled', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(
      pipelineOf([{ run: 'echo up; sleep 60' }, { run: 'echo no' }, { run: 'echo clean', if: 'always' }]),
    );
    const running = bench.run(server.url);
    await until(() => server.output('stdout').length > 0);
    server.cancel();
    expect(await running).toBe(1);
    expect(server.output('stdout').toString()).toBe('up\nclean\n');
    expect(await bench.result()).toMatchObject({
      state: 'cancelled',
      reason: reason('Cancelled', 'the job was cancelled on request'),
    });
  });

  it('ends a step that ignores TERM after the grace', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(
      pipelineOf([{ run: "trap '' TERM; echo up; while :; do sleep 1; done" }]),
    );
    bench.times = { ending: { stopGraceMs: 100, windingDownMs: 10_000, lastKillMs: 1000 } };
    const running = bench.run(server.url);
    await until(() => server.output('stdout').length > 0);
    server.cancel();
    expect(await running).toBe(1);
    expect(server.events).toContainEqual(
      expect.objectContaining({ type: 'step.finished', state: 'cancelled', signal: 'KILL' }),
    );
  });

  it('gives a secret to the steps that name it, and lets none into the log, whole, in pieces or in disguise', async () => {
    await using server = await FakeApiServer.start();
    const secret = 's3cr3t "value"/é';
    await using bench = await JobBench.create(
      pipelineOf(
        [
          {
            run: 'printf %s "$TOKEN" | wc -c; echo "[$TOKEN]"; printf %s "$TOKEN" | base64; echo "$TOKEN" >kept',
            secrets: ['TOKEN'],
          },
          { run: 'echo "${TOKEN-unset}"; head -c 7 kept; sleep 0.1; tail -c +8 kept >&1; cat kept >&2' },
        ],
        { secrets: { TOKEN: { secret: 's', key: 'k' } } },
      ),
    );
    await bench.writeSecret('TOKEN', secret);
    expect(await bench.run(server.url)).toBe(0);
    const text = server.output('stdout').toString();
    expect(text.split('\n').map((line) => line.trim())).toEqual(['17', '[***]', '***', 'unset', '***', '']);
    expect(server.output('stderr').toString()).toBe('***\n');
    expect(JSON.stringify(server.events)).not.toContain('s3cr3t');
  });

  it('refuses a secret that is too short to be hidden, before any step runs', async () => {
    await using bench = await JobBench.create(
      pipelineOf([{ secrets: ['TOKEN'] }], { secrets: { TOKEN: { secret: 's', key: 'k' } } }),
    );
    await bench.writeSecret('TOKEN', 'hunter2');
    expect(await bench.run()).toBe(1);
    const { state, reason: why } = await bench.result();
    expect({ state, code: why?.code }).toEqual({ state: 'error', code: 'ContainerConfigError' });
    expect(why?.message).toContain('TOKEN: it is shorter than 8 bytes');
    expect(JSON.stringify(why)).not.toContain('hunter2');
    expect(bench.runner.started).toEqual([]);
  });

  it('passes outputs on to later steps as they are, and only where they are asked for', async () => {
    await using server = await FakeApiServer.start();
    const env = { V: { step: 'build', output: 'version' }, NONE: { step: 'build', output: 'none' } };
    await using bench = await JobBench.create(
      pipelineOf([
        { name: 'build', run: 'echo "version=1.2 \\$(id)" >>"$DANUBE_OUTPUT"' },
        { run: 'echo "$V|${NONE-unset}"', env },
        { run: 'echo "${V-unset}"' },
      ]),
    );
    expect(await bench.run(server.url)).toBe(0);
    expect(server.output('stdout').toString()).toBe('1.2 $(id)|unset\nunset\n');
  });

  it('fails a step whose outputs cannot be used, and says why', async () => {
    await using bench = await JobBench.create(pipelineOf([{ name: 'build', run: 'echo nonsense >"$DANUBE_OUTPUT"' }]));
    expect(await bench.run()).toBe(1);
    expect((await bench.result()).reason?.message).toBe(
      'the outputs of step "build" cannot be used: line 1 is not name=value',
    );
  });

  it('is cancelled while it still waits for the worker', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(pipelineOf([{}, { if: 'always' }]));
    bench.runner.startFails = 'never';
    bench.times = { ending: { stopGraceMs: 100, windingDownMs: 200, lastKillMs: 100 } };
    const running = bench.run(server.url);
    await until(() => server.types.includes('job.started'));
    server.cancel();
    expect(await running).toBe(1);
    expect(server.types).toEqual(['job.started', 'step.skipped', 'step.skipped', 'job.finished']);
  });

  it('ends in error when the worker cannot be used', async () => {
    await using server = await FakeApiServer.start();
    await using bench = await JobBench.create(pipelineOf([{}, {}]));
    const why = reason('ApiUnavailable', 'connect ECONNREFUSED');
    bench.runner.startFails = { kind: 'lost', reason: why };
    expect(await bench.run(server.url)).toBe(1);
    expect(await bench.result()).toMatchObject({ state: 'error', reason: why });
    expect(server.events.at(-1)).toMatchObject({ state: 'error', reason: why });
  });
});

describe('runCoordinator alone', () => {
  it('passes output through as it is, and says the rest on stderr', async () => {
    await using bench = await JobBench.create(
      pipelineOf([{ name: 'greet', run: 'echo out; printf "\\377"' }, { run: 'echo err >&2; exit 3' }, {}]),
    );
    expect(await bench.run()).toBe(1);
    expect(Buffer.concat(bench.stdout)).toEqual(Buffer.concat([Buffer.from('out\n'), Buffer.from([255])]));
    expect(
      Buffer.concat(bench.stderr)
        .toString()
        .replaceAll(/after \d+\.\d s/g, 'after 0.1 s')
        .split('\n'),
    ).toEqual([
      'danube: job of pipeline bench',
      'danube: step 1/3 greet',
      'danube: step 1/3 greet: succeeded after 0.1 s',
      'danube: step 2/3 s1',
      'err',
      'danube: step 2/3 s1: failed after 0.1 s (step "s1" ended with exit code 3)',
      'danube: step 3/3 s2: skipped',
      'danube: job failed (step "s1" ended with exit code 3)',
      '',
    ]);
  });

  it('tries a failing step again, each time as a run of its own', async () => {
    await using bench = await JobBench.create(
      pipelineOf([{ name: 'flaky', run: 'echo "$DANUBE_STEP_ATTEMPT"; [ "$DANUBE_STEP_ATTEMPT" = 3 ]', retries: 5 }]),
    );
    expect(await bench.run()).toBe(0);
    expect(bench.runner.started).toEqual(['step-0-1', 'step-0-2', 'step-0-3']);
    expect(Buffer.concat(bench.stdout).toString()).toBe('1\n2\n3\n');
    const lines = Buffer.concat(bench.stderr)
      .toString()
      .replaceAll(/after \d+\.\d s/g, 'after 0.1 s')
      .split('\n');
    expect(lines.slice(1, -2)).toEqual([
      'danube: step 1/1 flaky',
      'danube: step 1/1 flaky: failed after 0.1 s, tried again (step "flaky" ended with exit code 1)',
      'danube: step 1/1 flaky: attempt 2',
      'danube: step 1/1 flaky: failed after 0.1 s, tried again (step "flaky" ended with exit code 1)',
      'danube: step 1/1 flaky: attempt 3',
      'danube: step 1/1 flaky: succeeded after 0.1 s',
    ]);
  });

  it('ends the job after its timeout', async () => {
    await using bench = await JobBench.create(
      pipelineOf([{ run: 'sleep 60' }, { run: 'echo clean', if: 'always' }], { timeout: '300ms' }),
    );
    expect(await bench.run()).toBe(1);
    expect(await bench.result()).toMatchObject({ state: 'failed', reason: { code: 'JobTimeout' } });
    expect(Buffer.concat(bench.stdout).toString()).toBe('clean\n');
  });

  it('cancels the job when its container is told to end, also within always-steps', async () => {
    await using bench = await JobBench.create(
      pipelineOf([{ run: 'echo up; sleep 60' }, { run: 'sleep 60', if: 'always' }]),
    );
    bench.times = { hurriedEnding: { stopGraceMs: 50, windingDownMs: 300, lastKillMs: 500 } };
    const running = bench.run();
    await until(() => bench.stdout.length > 0);
    bench.terminated.abort();
    expect(await running).toBe(1);
    expect(await bench.result()).toMatchObject({
      state: 'cancelled',
      reason: { message: 'the job was cancelled because its pod was told to end' },
    });
    expect(bench.runner.started).toEqual(['step-0-1', 'step-1-1']);
  });

  it.each([
    ['{', 'it is not JSON'],
    ['{"version":2}', 'version: '],
  ])('refuses the spec %s with one line and a result', async (text, message) => {
    await using bench = await JobBench.create(pipelineOf([{}]));
    await bench.writeSpec(text);
    expect(await bench.run()).toBe(1);
    expect(Buffer.concat(bench.stderr).toString()).toMatch(/^danube: The job spec cannot be used: .*\n$/);
    const result = await bench.result();
    expect(result).toMatchObject({ jobId: 'j1', state: 'error', reason: { code: 'InvalidSpec' } });
    expect(result.reason?.message).toContain(message);
  });
});
