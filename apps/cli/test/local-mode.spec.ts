import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { danube, DanubeProcess } from './danube-process.ts';

// Each test starts a whole Danube; on a busy machine that takes its time.
jest.setTimeout(60_000);

let dir = '';
let slow = '';
let stubborn = '';
let chatty = '';

const jobFile = async (name: string, run: string): Promise<string> => {
  const file = join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify({ id: name, workerImage: 'busybox:1.36', steps: [{ name: 'step', run }] }));
  return file;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'danube-cli-'));
  slow = await jobFile('slow', 'echo begun; sleep 300 & wait');
  stubborn = await jobFile('stubborn', `trap '' TERM; echo begun; while :; do sleep 1; done`);
  chatty = await jobFile('chatty', 'while :; do echo again; sleep 0.05; done');
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

describe('danube run in local mode', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('cancels the job at %s, exits with %d and leaves nothing', async (signal, want) => {
    await using command = await DanubeProcess.start('run', slow);
    await command.printed('| begun');
    command.kill(signal);
    const { exitCode, stdout, files, processes } = await command.ended();
    expect({ exitCode, files, processes }).toEqual({ exitCode: want, files: [], processes: [] });
    expect(stdout.toString()).toMatch(/Job \w+ cancelled after /);
  });

  it('ends at once at a second Ctrl-C, although the step does not want to, and leaves nothing', async () => {
    await using command = await DanubeProcess.start('run', stubborn);
    await command.printed('begun');
    command.kill('SIGINT');
    await command.printed('* Cancelling the job');
    const atMs = performance.now();
    command.kill('SIGINT');
    const { exitCode, files, processes } = await command.ended();
    expect({ exitCode, files, processes }).toEqual({ exitCode: 130, files: [], processes: [] });
    expect(performance.now() - atMs).toBeLessThan(3000);
  });

  it('leaves nothing when it is interrupted while it starts', async () => {
    await using command = await DanubeProcess.start('run', slow);
    await command.printed('Local mode, no isolation');
    command.kill('SIGINT');
    const { exitCode, files, processes } = await command.ended();
    expect({ exitCode, files, processes }).toEqual({ exitCode: 130, files: [], processes: [] });
  });

  it('ends and cleans up when its reader goes away, as in `| head`', async () => {
    await using command = await DanubeProcess.start('run', chatty);
    await command.printed('again');
    command.closeStdout();
    const { exitCode, stderr, files, processes } = await command.ended();
    expect({ exitCode, files, processes }).toEqual({ exitCode: 141, files: [], processes: [] });
    expect(stderr).not.toContain('EPIPE');
  });

  it('leaves nothing even after kill -9', async () => {
    await using command = await DanubeProcess.start('run', slow);
    await command.printed('begun');
    command.kill('SIGKILL');
    const { files, processes } = await command.ended({ patienceMs: 10_000 });
    expect({ files, processes }).toEqual({ files: [], processes: [] });
  });

  it('gives the steps the programs of this user, no input and no terminal', async () => {
    const file = await jobFile('world', 'node --version; cat | wc -c; test -t 1 || echo no terminal');
    const { exitCode, stdout } = await danube('run', file, '-o', 'raw');
    expect({ exitCode, stdout: stdout.toString() }).toEqual({
      exitCode: 0,
      stdout: `${process.version}\n0\nno terminal\n`,
    });
  });

  it('reports an image that cannot be pulled as an infrastructure failure with the reason', async () => {
    const file = join(dir, 'image.yaml');
    await writeFile(file, 'id: x\nworkerImage: registry.invalid/x:1\nsteps: [{ name: a, run: b }]\n');
    const { exitCode, stdout } = await danube('run', file);
    expect(exitCode).toBe(3);
    expect(stdout.toString()).toContain('ImagePullFailed: ');
  });

  it('says what to do when the temporary directory cannot be written to', async () => {
    await using command = await DanubeProcess.startWith({ TMPDIR: '/nonexistent' }, ['run', slow]);
    const { exitCode, stderr } = await command.ended();
    expect(exitCode).toBe(3);
    expect(stderr).toContain(
      'danube: local mode cannot write to /nonexistent; set TMPDIR to a directory that you can write to\n',
    );
  });

  it('starts nothing for a file that is no job file', async () => {
    const { exitCode, stderr } = await danube('run', '/dev/null');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: '/dev/null:1:1: expected a pipeline, got an empty file\n',
    });
  });
});
