import { type JobResult, jobResultSchema, type Pipeline, type Step } from '@danube/contract';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { CoordinatorTimes } from '../src/job-run.ts';
import { runCoordinator } from '../src/run-coordinator.ts';
import type { Settings } from '../src/settings.ts';
import { LocalStepRunner } from './local-step-runner.ts';

/** A pipeline of these steps; names are made up where there is none. */
export const pipelineOf = (steps: Partial<Step>[], more: Partial<Pipeline> = {}): Pipeline => ({
  id: 'bench',
  workerImage: 'worker',
  ...more,
  steps: steps.map((step, index) => ({ name: `s${index}`, run: 'true', ...step })),
});

/** A place to run a job in: directories, a spec file, a worker of local processes, and streams that are kept. */
export class JobBench implements AsyncDisposable {
  readonly dir: string;
  readonly runner: LocalStepRunner;
  readonly stdout: Buffer[] = [];
  readonly stderr: Buffer[] = [];
  readonly terminated = new AbortController();
  times: Partial<CoordinatorTimes> = {};
  journalBytes = 128 * 1_048_576;

  private constructor(dir: string) {
    this.dir = dir;
    this.runner = new LocalStepRunner(join(dir, 'control'));
  }

  static async create(pipeline: Pipeline): Promise<JobBench> {
    const bench = new JobBench(await mkdtemp(join(tmpdir(), 'danube-coordinator-')));
    await mkdir(join(bench.dir, 'workspace', 'sub'), { recursive: true });
    await mkdir(join(bench.dir, 'control'));
    await writeFile(join(bench.dir, 'token'), 'secret-token\n');
    await bench.writeSpec(JSON.stringify({ version: 1, jobId: 'j1', attempt: 1, pipeline }));
    return bench;
  }

  async writeSpec(text: string): Promise<void> {
    await writeFile(join(this.dir, 'job.json'), text);
  }

  /** Puts a secret where the pod would have it. */
  async writeSecret(name: string, value: string | Buffer): Promise<void> {
    await mkdir(join(this.dir, 'secrets'), { recursive: true });
    await writeFile(join(this.dir, 'secrets', name), value);
  }

  settings(apiUrl?: string): Settings {
    return {
      workspace: join(this.dir, 'workspace'),
      control: join(this.dir, 'control'),
      jobSpec: join(this.dir, 'job.json'),
      terminationLog: join(this.dir, 'termination-log'),
      secrets: join(this.dir, 'secrets'),
      keptSecrets: join(this.dir, 'kept'),
      serviceAccount: join(this.dir, 'service-account'),
      podName: 'job-j1',
      journalBytes: this.journalBytes,
      kubernetes: {},
      ...(apiUrl === undefined ? {} : { api: { url: apiUrl, tokenFile: join(this.dir, 'token') } }),
    };
  }

  /** Runs the coordinator to its end; without an address it works alone. */
  async run(apiUrl?: string): Promise<number> {
    return runCoordinator({
      settings: this.settings(apiUrl),
      runner: this.runner,
      streams: { stdout: keeper(this.stdout), stderr: keeper(this.stderr) },
      terminated: this.terminated.signal,
      times: this.times,
      reporting: { backOff: { firstMs: 5, maxMs: 100 } },
    });
  }

  async result(): Promise<JobResult> {
    return jobResultSchema.parse(JSON.parse(await readFile(join(this.dir, 'termination-log'), 'utf8')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

const keeper = (chunks: Buffer[]): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
