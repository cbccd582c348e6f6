import { describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFrom } from '../settings.ts';
import { ExecStepRunner, type ExecStepRunnerOptions } from './exec-step-runner.ts';
import type { StepRun } from './step-runner.ts';

const { KubeClient } = await import('@danube/k8s-client');
const { ExecStream } = await import('@danube/exec-stream');
const { runLocally, startExecPeer } = await import('@danube/exec-stream/testing');

type Session = Parameters<ReturnType<typeof runLocally>>[0];

/** What becomes of the connections, one after the other; the last word goes for all that follow. */
type Network = readonly ('answer lost' | 'refused' | 'works')[];

type Peer = Awaited<ReturnType<typeof startExecPeer>>;
type BenchParts = { readonly network: Network; readonly peer: Peer; readonly options: ExecStepRunnerOptions };

class Bench implements AsyncDisposable {
  readonly runner: ExecStepRunner;
  network: Network;
  readonly #dir: string;
  readonly #peer: Peer;

  private constructor(dir: string, { network, peer, options }: BenchParts) {
    this.#dir = dir;
    this.#peer = peer;
    this.network = network;
    const settings = settingsFrom({
      DANUBE_WORKSPACE: join(dir, 'workspace'),
      DANUBE_CONTROL: join(dir, 'control'),
      DANUBE_POD_NAME: 'pod',
    });
    this.runner = new ExecStepRunner(settings, options, () =>
      Promise.resolve({
        // Only asked why a worker is gone, which no test here is about.
        client: new KubeClient({ server: 'http://127.0.0.1:1', source: 'test' }),
        exec: new ExecStream(peer.client),
        target: { namespace: 'ns', pod: 'pod', container: 'worker' },
      }),
    );
  }

  static async open(network: Network, options: ExecStepRunnerOptions = {}): Promise<Bench> {
    const dir = await mkdtemp(join(tmpdir(), 'danube-step-runner-'));
    await mkdir(join(dir, 'workspace'));
    await mkdir(join(dir, 'control'));
    const works = runLocally();
    const session = (session: Session): void => {
      const [how, ...next] = bench.network;
      if (next.length > 0) bench.network = next;
      if (how === 'refused') session.reset();
      else if (how === 'answer lost')
        works(Object.assign(session, { stdout: () => true, exit: () => session.reset() }));
      else works(session);
    };
    const bench: Bench = new Bench(dir, { network, peer: await startExecPeer({ session }), options });
    return bench;
  }

  step(run: string): StepRun {
    const env = { OUT: join(this.#dir, 'outside') };
    return { id: 'step-0-1', name: 'one', run, env, workingDir: join(this.#dir, 'workspace') };
  }

  outside(): Promise<string> {
    return readFile(join(this.#dir, 'outside'), 'utf8').catch(() => '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner.close();
    await this.#peer[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 20 });
  }
}

const never = new AbortController().signal;

describe('a start whose answer is lost', () => {
  it('is followed when the command runs, though no connection works any more', async () => {
    await using bench = await Bench.open(['answer lost', 'refused'], { apiPatienceMs: 1000, answerPatienceMs: 60_000 });
    const step = bench.step('echo ran >>"$OUT"; echo hello; exit 3');
    expect(await bench.runner.start(step, never)).toBeUndefined();
    const chunks: string[] = [];
    for await (const { data } of bench.runner.output(step.id, { stdout: 0, stderr: 0 }, never))
      chunks.push(data.toString());
    expect(chunks.join('')).toBe('hello\n');
    expect(await bench.runner.ended(step.id, never)).toMatchObject({ kind: 'exited', exit: { code: 3 } });
    expect(await bench.outside()).toBe('ran\n');
  });

  it('is found out long before the API is given up', async () => {
    await using bench = await Bench.open(['answer lost', 'refused'], { apiPatienceMs: 600_000, answerPatienceMs: 50 });
    const step = bench.step('exit 0');
    expect(await bench.runner.start(step, never)).toBeUndefined();
    expect(await bench.runner.ended(step.id, never)).toMatchObject({ kind: 'exited', exit: { code: 0 } });
  });
});

describe('a start that did not get through', () => {
  it('is the loss of the API, and one that arrives later starts nothing', async () => {
    await using bench = await Bench.open(['refused'], { apiPatienceMs: 150 });
    const step = bench.step('echo ran >>"$OUT"');
    expect(await bench.runner.start(step, never)).toMatchObject({ kind: 'lost', reason: { code: 'StreamLost' } });
    bench.network = ['works'];
    expect(await bench.runner.start(step, never)).toMatchObject({ kind: 'lost', reason: { code: 'StreamLost' } });
    expect(await bench.outside()).toBe('');
  });

  it('is not started when it was called off', async () => {
    await using bench = await Bench.open(['refused']);
    const calledOff = new AbortController();
    const starting = bench.runner.start(bench.step('echo ran >>"$OUT"'), calledOff.signal);
    calledOff.abort();
    expect(await starting).toEqual({ kind: 'not-started' });
    expect(await bench.outside()).toBe('');
  });
});
