import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOutputs } from '../src/worker/read-outputs.ts';
import type {
  OutputChunk,
  OutputRange,
  OutputReading,
  StepOutcome,
  StepRun,
  StepRunner,
} from '../src/worker/step-runner.ts';

type Offsets = { readonly stdout: number; readonly stderr: number };
type Running = { readonly child: ChildProcess; readonly outcome: Promise<StepOutcome> };

/** Runs steps as plain processes of this machine, with their output in files as on a control volume. */
export class LocalStepRunner implements StepRunner {
  readonly #dir: string;
  readonly #running = new Map<string, Running>();
  /** Ids of runs in the order in which they were started. */
  readonly started: string[] = [];
  /** What was released of the output of a run, by its id, and which were discarded. */
  readonly released = new Map<string, Offsets>();
  readonly discarded: string[] = [];
  workerEnded = false;
  /** Makes the next start fail, or wait for ever. */
  startFails: StepOutcome | 'never' | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined> {
    if (this.startFails === 'never') {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return { kind: 'not-started' };
    }
    if (this.startFails !== undefined) return this.startFails;
    if (this.#running.has(run.id)) return undefined;
    this.started.push(run.id);
    await mkdir(join(this.#dir, run.id), { recursive: true });
    this.#running.set(run.id, this.#spawn(run));
    return undefined;
  }

  async ended(id: string): Promise<StepOutcome> {
    return (await this.#running.get(id)?.outcome) ?? { kind: 'not-started' };
  }

  output(id: string, from: Offsets, signal: AbortSignal): OutputReading {
    return Object.assign(this.#output(id, from, signal), {
      release: (upTo: Offsets) => void this.released.set(id, upTo),
    });
  }

  async discard(id: string): Promise<void> {
    this.discarded.push(id);
  }

  async *#output(id: string, from: Offsets, signal: AbortSignal): AsyncGenerator<OutputChunk, void, void> {
    const offsets = { ...from };
    const end = { seen: false };
    const outcome = this.#running.get(id)?.outcome.then(() => {
      end.seen = true;
    });
    for (;;) {
      const last = end.seen;
      let bytes = 0;
      for (const stream of ['stdout', 'stderr'] as const) {
        const data = await this.#read(id, stream, offsets[stream]);
        if (data.length > 0) yield { stream, offset: offsets[stream], data };
        offsets[stream] += data.length;
        bytes += data.length;
      }
      if (last && bytes === 0) return;
      signal.throwIfAborted();
      if (bytes === 0) await Promise.race([outcome, sleep(5)]);
    }
  }

  async read(id: string, { stream, offset, bytes }: OutputRange): Promise<Buffer> {
    return (await this.#read(id, stream, offset)).subarray(0, bytes);
  }

  async kill(id: string, graceMs: number): Promise<void> {
    const running = this.#running.get(id);
    if (running?.child.pid === undefined) return;
    const { pid } = running.child;
    process.kill(-pid, 'SIGTERM');
    const gone = await Promise.race([running.outcome, sleep(graceMs, 'late', { ref: false })]);
    if (gone === 'late') process.kill(-pid, 'SIGKILL');
  }

  async endWorker(): Promise<void> {
    this.workerEnded = true;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #read(id: string, stream: string, offset: number): Promise<Buffer> {
    await using file = await open(join(this.#dir, id, stream), 'a+');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, offset);
    return buffer.subarray(0, bytesRead);
  }

  #spawn({ id, run, env, workingDir }: StepRun): Running {
    const [command = 'sh', ...args] = typeof run === 'string' ? ['sh', '-e', '-c', run] : run;
    const startedAt = Date.now();
    const child = spawn(command, args, {
      cwd: workingDir,
      env: { PATH: process.env['PATH'], ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = createWriteStream(join(this.#dir, id, 'stdout'));
    const stderr = createWriteStream(join(this.#dir, id, 'stderr'));
    child.stdout.pipe(stdout);
    child.stderr.pipe(stderr);
    const files = [stdout, stderr].map((file) => new Promise<void>((resolve) => file.on('close', () => resolve())));
    const outcome = new Promise<StepOutcome>((resolve) => {
      child.on('close', (code, signal) => {
        void Promise.all(files).then(() => {
          const bytes = { stdout: stdout.bytesWritten, stderr: stderr.bytesWritten };
          const durationMs = Date.now() - startedAt;
          const finishedAt = new Date().toISOString();
          const reason = signal === null ? 'exit' : 'killed';
          const exit = { code, signal, reason, bytes, durationMs, finishedAt } as const;
          void readOutputs(join(this.#dir, id)).then((outputs) =>
            resolve({ kind: 'exited', exit, ...(outputs === undefined ? {} : { outputs }) }),
          );
        });
      });
    });
    return { child, outcome };
  }
}
