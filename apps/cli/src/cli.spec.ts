import { describe, expect, it } from '@jest/globals';
import { fakeIo } from '../test/fake-io.ts';
import { fakeServer, json, type Seen, stream } from '../test/fake-server.ts';
import { failedJob, failingLog, queuedJob } from '../test/job.ts';
import { commands } from './args/commands.ts';
import { runCli } from './cli.ts';

const jobFile = 'id: ci\nworkerImage: a\nsteps: [{ name: one, run: x }]\n';

/** A Danube server with one job that goes the way of a log. */
const danube = (log = failingLog, last = failedJob) =>
  fakeServer(({ method, path }: Seen, response) => {
    if (path === '/v1/jobs' && method === 'POST') json(response, queuedJob, 201);
    else if (path === '/v1/jobs') json(response, { jobs: [failedJob, queuedJob] });
    else if (path === '/v1/jobs/k3v9/logs?follow=1') stream(response, log);
    else if (path === '/v1/jobs/k3v9/logs') json(response, { entries: log });
    else if (path === '/v1/jobs/k3v9') json(response, last);
    else if (path === '/v1/jobs/k3v9/cancel') json(response, { ...queuedJob, cancelRequested: true });
    else json(response, { error: { code: 'NotFound', message: 'no job with this id', hint: 'GET /v1/jobs' } }, 404);
  });

const danubeRun = async (words: readonly string[], options: Parameters<typeof fakeIo>[0] = {}) => {
  const world = fakeIo(options);
  const exitCode = await runCli(words, world.io);
  return { exitCode, out: world.stdout.text(), err: world.stderr.text() };
};

describe('danube', () => {
  it('prints an overview to stderr and exits with 2 when it is told nothing', async () => {
    const { exitCode, out, err } = await danubeRun([]);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('Usage: danube COMMAND');
  });

  it.each(commands.map(({ name }) => name))('has help for %s, in three ways that agree', async (name) => {
    const { exitCode, out } = await danubeRun([name, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Usage: danube ${name}`);
    expect((await danubeRun([name, 'x', 'y', '-h'])).out).toBe(out);
    expect((await danubeRun(['help', name])).out).toBe(out);
  });

  it.each([['help'], ['--help'], ['-h'], ['help', 'help']])('prints an overview for %s', async (...words) => {
    const { exitCode, out } = await danubeRun(words);
    expect(exitCode).toBe(0);
    expect(out).toContain('Usage: danube COMMAND');
  });

  it.each([[['frob']], [['help', 'frob']]])('refuses %j', async (words) => {
    const { exitCode, err } = await danubeRun(words);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^danube: unknown command "frob"; expected one of run, .*\n$/);
  });

  it('prints its version', async () => {
    expect((await danubeRun(['version'])).out).toMatch(/^danube \d+\.\d+\.\d+ \(Node \d+/);
    expect(JSON.parse((await danubeRun(['--version', '-o', 'json'])).out)).toHaveProperty('danube');
  });

  it.each(['submit', 'logs', 'ps', 'get', 'cancel'])('%s says how to name a server when none is', async (name) => {
    const { exitCode, err } = await danubeRun([name, ...(name === 'ps' ? [] : ['x'])]);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^danube: no server to talk to; give --server URL or set DANUBE_SERVER .*\n$/);
  });

  it('explains an error as JSON to those who asked for JSON', async () => {
    const { exitCode, out, err } = await danubeRun(['run', '-', '-o', 'json'], { stdin: 'id: 5' });
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: '' });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'BadJobFile', problems: expect.any(Array) } });
  });
});

describe('danube run --server', () => {
  it('submits the job, follows it, and exits with 1 when a step failed', async () => {
    await using server = await danube();
    const { exitCode, out, err } = await danubeRun(['run', '-', '--server', server.url.href], { stdin: jobFile });
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    expect(out).toContain('build | compiling\n');
    expect(out).toContain('Job k3v9 failed after 18.0 s\n');
  });

  it('takes the server from the environment', async () => {
    await using server = await danube();
    const env = { DANUBE_SERVER: server.url.href };
    expect((await danubeRun(['run', '-'], { stdin: jobFile, env })).exitCode).toBe(1);
  });

  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['cancelled', 1],
    ['error', 3],
  ] as const)('exits for a job that is %s with %d', async (state, want) => {
    await using server = await danube(failingLog, { ...failedJob, state });
    const words = ['run', '-', '-o', 'raw', '--server', server.url.href];
    expect((await danubeRun(words, { stdin: jobFile })).exitCode).toBe(want);
  });

  it('creates nothing for a wrong job file', async () => {
    await using server = await danube();
    const { exitCode, err } = await danubeRun(['run', '-', '--server', server.url.href], {
      stdin: 'id: ci\nstep: []\n',
    });
    expect(exitCode).toBe(2);
    expect(err.split('\n')).toContain('<stdin>:2: step: unknown key, did you mean "steps"?');
    expect(server.seen).toEqual([]);
  });

  it('shows the live view on a terminal, and gives the cursor back', async () => {
    await using server = await danube();
    const { out } = await danubeRun(['run', '-', '--server', server.url.href], { stdin: jobFile, columns: 80 });
    expect(out).toContain('✗ test failed with exit code 7');
    expect(out.lastIndexOf('\x1b[?25h')).toBeGreaterThan(out.lastIndexOf('\x1b[?25l'));
  });

  it('cancels the job after Ctrl-C, follows it to its end, and exits with 130', async () => {
    const world = fakeIo({ stdin: jobFile });
    const cancelled = { ...failedJob, state: 'cancelled' } as const;
    await using server = await fakeServer(({ method, path }, response) => {
      if (method === 'POST' && path === '/v1/jobs') json(response, queuedJob, 201);
      else if (path.endsWith('?follow=1')) {
        follower = stream(response, failingLog.slice(0, 7));
        world.interrupt();
      } else if (path.endsWith('/cancel')) {
        json(response, { ...queuedJob, cancelRequested: true });
        if (follower !== undefined) stream(follower, failingLog.slice(7));
      } else json(response, cancelled);
    });
    let follower: ReturnType<typeof stream> | undefined;
    expect(await runCli(['run', '-', '--server', server.url.href], world.io)).toBe(130);
    expect(server.seen.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(1);
    expect(world.stdout.text()).toContain('* Cancelling the job (Ctrl-C); Ctrl-C again ends at once.\n');
    expect(world.stdout.text()).toContain('Job k3v9 cancelled');
  });

  it('ends at once after a second Ctrl-C, although the server does not answer', async () => {
    const world = fakeIo({ stdin: jobFile });
    await using server = await fakeServer(({ method, path }, response) => {
      if (method === 'POST' && path === '/v1/jobs') json(response, queuedJob, 201);
      else if (path.endsWith('?follow=1')) {
        stream(response, failingLog.slice(0, 7));
        world.interrupt();
      } else if (path.endsWith('/cancel')) world.interrupt();
    });
    expect(await runCli(['run', '-', '--server', server.url.href], world.io)).toBe(130);
    expect(world.stderr.text()).toBe('danube: not waiting for job k3v9; see danube get k3v9\n');
  });

  it('says so when the job cannot be cancelled, and goes on following it', async () => {
    const world = fakeIo({ stdin: jobFile });
    await using server = await fakeServer(({ method, path }, response) => {
      if (method === 'POST' && path === '/v1/jobs') json(response, queuedJob, 201);
      else if (path.endsWith('?follow=1')) {
        follower = stream(response, failingLog.slice(0, 7));
        world.interrupt();
      } else if (path.endsWith('/cancel')) {
        json(response, { error: { code: 'X', message: 'the store is full' } }, 503);
        setTimeout(() => {
          if (follower !== undefined) stream(follower, failingLog.slice(7));
        }, 50);
      } else json(response, failedJob);
    });
    let follower: ReturnType<typeof stream> | undefined;
    expect(await runCli(['run', '-', '--server', server.url.href], world.io)).toBe(130);
    expect(world.stdout.text()).toContain('* The job could not be cancelled: the store is full\n');
    expect(world.stdout.text()).toContain('Job k3v9 failed');
  });

  it('cancels the job when nobody reads its output any more', async () => {
    const world = fakeIo({ stdin: jobFile });
    await using server = await danube(failingLog.slice(0, 7));
    const running = runCli(['run', '-', '--server', server.url.href], world.io);
    while (!server.seen.some(({ path }) => path.endsWith('?follow=1'))) await new Promise(setImmediate);
    world.io.stdout.destroy();
    world.interrupt();
    while (!server.seen.some(({ path }) => path.endsWith('/cancel'))) await new Promise(setImmediate);
    world.interrupt();
    expect(await running).toBe(130);
  });
});

describe('the other commands', () => {
  const commandRun = async (...words: readonly string[]) => {
    await using server = await danube();
    return await danubeRun(words, { stdin: jobFile, env: { DANUBE_SERVER: server.url.href } });
  };

  it('submit prints the id, or the job', async () => {
    expect(await commandRun('submit', '-')).toEqual({ exitCode: 0, out: 'k3v9\n', err: '' });
    expect(JSON.parse((await commandRun('submit', '-', '-o', 'json')).out)).toEqual(queuedJob);
  });

  it('logs prints the log up to now and exits with 0', async () => {
    const { exitCode, out } = await commandRun('logs', 'k3v9');
    expect(exitCode).toBe(0);
    expect(out).toContain('test  ! red, no line end\n');
  });

  it('logs -f follows, and exits as run does', async () => {
    const { exitCode, out, err } = await commandRun('logs', '-f', 'k3v9', '-o', 'raw');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: 'compiling\nlinking\n✓' });
    expect(err).toBe('a warning\n\x1b[31mred\x1b[0m\x1b[2J, no line end');
  });

  it('logs -f stops at Ctrl-C without a cancel', async () => {
    await using server = await danube(failingLog.slice(0, 7));
    const world = fakeIo();
    const running = runCli(['logs', '-f', 'k3v9', '--server', server.url.href], world.io);
    while (!world.stdout.text().includes('compiling')) await new Promise(setImmediate);
    world.interrupt();
    expect(await running).toBe(130);
    expect(server.seen.some(({ path }) => path.endsWith('/cancel'))).toBe(false);
  });

  it('ps lists jobs in columns', async () => {
    const { out } = await commandRun('ps');
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID {4}PIPELINE {2}STATE {3}STEPS {2}AGE {2,}REASON$/);
    expect(lines[1]).toMatch(/^k3v9 {2}ci {8}failed {2}3\/3 .*StepFailed$/);
    expect(lines[2]).toMatch(/^k3v9 {2}ci {8}queued {2}0\/3 /);
    const objects = (await commandRun('ps', '-o', 'json')).out.trimEnd().split('\n');
    expect(objects.map((line) => JSON.parse(line) as unknown)).toEqual([failedJob, queuedJob]);
  });

  it('get shows a job and its steps', async () => {
    const { out } = await commandRun('get', 'k3v9');
    expect(out).toContain('Pipeline ci, attempt 1\n');
    expect(out).toContain('  ✗ test   failed     1 min 1 s  exit 7\n');
    expect(JSON.parse((await commandRun('get', 'k3v9', '-o', 'json')).out)).toEqual(failedJob);
  });

  it('cancel says what will happen', async () => {
    expect(await commandRun('cancel', 'k3v9')).toEqual({ exitCode: 0, out: 'job k3v9 is being cancelled\n', err: '' });
  });

  it.each(['get', 'logs', 'cancel'])('%s says that there is no such job', async (name) => {
    const { exitCode, err } = await commandRun(name, 'nope');
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: 'danube: no job with this id; danube ps lists the jobs\n' });
  });
});
