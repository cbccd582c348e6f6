import { reason } from '@danube/contract';
import { containers } from '@danube/contract/names';
import type { ExecStream, ExecTarget, RunRef } from '@danube/exec-stream';
import type { KubeClient } from '@danube/k8s-client';
import type { Settings } from '../settings.ts';
import { outcomeOfError } from './outcome-of-error.ts';
import type { OutputChunk, StepOutcome, StepRun, StepRunner } from './step-runner.ts';

/** Time to end the worker's PID 1, in milliseconds. */
const END_WORKER_MS = 5000;
/** Ends the idle loop of the worker, which has left its process id on the control volume. */
const END_WORKER = ['sh', '-c', 'kill -TERM "$(cat "$DANUBE_CONTROL/worker.pid")"'];

/** Numbers of an {@link ExecStepRunner}, in milliseconds. */
export type ExecStepRunnerOptions = {
  /** How long the Kubernetes API may be away while a step is to be started. @default 60_000 */
  readonly apiPatienceMs?: number;
  /** From TERM to KILL when the timeout of a step is over. @default 5000 */
  readonly graceMs?: number;
};

type Connection = { readonly client: KubeClient; readonly exec: ExecStream; readonly target: ExecTarget };

/**
 * Runs steps in the worker container of the own pod: they are started and killed through the exec API, and their output
 * and exit records are read from the control volume, so that no log byte depends on a connection.
 *
 * Nothing is loaded or opened before the first step is started.
 */
export class ExecStepRunner implements StepRunner {
  readonly #settings: Settings;
  readonly #options: Required<ExecStepRunnerOptions>;
  #connection: Promise<Connection> | undefined;
  #workerWasReached = false;

  constructor(settings: Settings, options: ExecStepRunnerOptions = {}) {
    this.#settings = settings;
    this.#options = Object.freeze({ apiPatienceMs: 60_000, graceMs: 5000, ...options });
  }

  async start(run: StepRun, signal: AbortSignal): Promise<StepOutcome | undefined> {
    const { apiPatienceMs, graceMs } = this.#options;
    for (;;) {
      try {
        const { exec, target } = await this.#connect();
        const { state } = await exec.start(
          target,
          { ...run, dir: this.#settings.control, graceMs },
          { signal, retryForMs: apiPatienceMs },
        );
        this.#workerWasReached = true;
        return state === 'lost' ? { kind: 'lost', reason: lostReason(run.id) } : undefined;
      } catch (error) {
        const outcome = outcomeOfError(error);
        // An image can take long to be pulled. The api-server knows when it never will; here the job's time is the limit.
        const isPulling = outcome.kind === 'lost' && outcome.reason.code === 'StartTimeout' && !this.#workerWasReached;
        if (isPulling && !signal.aborted) continue;
        return signal.aborted ? { kind: 'not-started' } : outcome;
      }
    }
  }

  async ended(id: string, signal: AbortSignal): Promise<StepOutcome> {
    const { readJournal } = await import('@danube/exec-stream');
    try {
      const journal = readJournal({ ...this.#ref(id), signal });
      for await (const _ of journal);
      return { kind: 'exited', exit: await journal.exit };
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  async *output(id: string, signal: AbortSignal): AsyncGenerator<OutputChunk, void, void> {
    const { readJournal } = await import('@danube/exec-stream');
    yield* readJournal({ ...this.#ref(id), signal });
  }

  async kill(id: string, graceMs: number): Promise<void> {
    const { exec, target } = await this.#connect();
    await exec.kill(target, this.#ref(id), { graceMs });
  }

  async endWorker(): Promise<void> {
    if (!this.#workerWasReached) return;
    const { exec, target } = await this.#connect();
    await exec.exec(target, END_WORKER, { timeoutMs: END_WORKER_MS, verify: 'none' }).result;
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.client.close();
  }

  #ref(id: string): RunRef {
    return { id, dir: this.#settings.control };
  }

  #connect(): Promise<Connection> {
    this.#connection ??= connect(this.#settings);
    return this.#connection;
  }
}

const connect = async (settings: Settings): Promise<Connection> => {
  const [{ inClusterConfig, KubeClient }, { ExecStream }] = await Promise.all([
    import('@danube/k8s-client'),
    import('@danube/exec-stream'),
  ]);
  const config = await inClusterConfig({ dir: settings.serviceAccount, env: settings.kubernetes });
  const client = new KubeClient(config, { userAgent: 'danube-coordinator' });
  const namespace = settings.podNamespace ?? client.namespace;
  return {
    client,
    exec: new ExecStream(client),
    target: { namespace, pod: settings.podName, container: containers.worker },
  };
};

const lostReason = (id: string) => reason('StreamLost', `the run ${id} was started, and ended without an exit record`);
