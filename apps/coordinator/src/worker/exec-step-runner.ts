import { reason } from '@danube/contract';
import { containers } from '@danube/contract/names';
import type { ExecStream, ExecTarget, RunRef } from '@danube/exec-stream';
import type { KubeClient } from '@danube/k8s-client';
import { stat } from 'node:fs/promises';
import { CoordinatorError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { outcomeOfError } from './outcome-of-error.ts';
import type { OutputChunk, StepOutcome, StepRun, StepRunner } from './step-runner.ts';

/** Time to end the worker's PID 1, in milliseconds. */
const END_WORKER_MS = 5000;
/** How long one look after a run is repeated, in milliseconds. */
const PROBE_RETRY_MS = 5000;
/** Looks in a row that have to miss the container before it counts as gone: a kubelet that restarts may miss it once. */
const MISSING_PROBES = 2;
/** Ends the idle loop of the worker, which has left its process id on the control volume. */
const END_WORKER = ['sh', '-c', 'kill -TERM "$(cat "$DANUBE_CONTROL/worker.pid")"'];

/** Exit code of what ends together with its container, as the kill itself may. */
const KILLED = 137;

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
    const { name, ...spec } = run;
    const { apiPatienceMs, graceMs } = this.#options;
    const missing = await missingDirectory(run, this.#settings.workspace);
    if (missing !== undefined && !(await this.#wasStarted(run.id))) {
      const message = `step ${JSON.stringify(name)}: the working directory ${missing} is not in the workspace`;
      return { kind: 'refused', reason: reason('StepFailed', message) };
    }
    for (;;) {
      try {
        const { exec, target } = await this.#connect();
        const { state } = await exec.start(
          target,
          { ...spec, dir: this.#settings.control, graceMs },
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
      // A reader of its own, because that of `output` is only as fast as the reports are taken.
      const journal = readJournal({ ...this.#ref(id), signal, probe: this.#probe(id, signal) });
      const chunks = journal[Symbol.asyncIterator]();
      while ((await chunks.next()).done !== true);
      return { kind: 'exited', exit: await journal.exit };
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  async *output(id: string, signal: AbortSignal): AsyncGenerator<OutputChunk, void, void> {
    const { readJournal } = await import('@danube/exec-stream');
    const journal = readJournal({ ...this.#ref(id), signal });
    yield* journal;
    const { incomplete } = await journal.exit;
    if (incomplete !== undefined) throw new CoordinatorError('OUTPUT_CUT', incomplete.join(', '));
  }

  async kill(id: string, graceMs: number): Promise<void> {
    const { exec, target } = await this.#connect();
    await exec.kill(target, this.#ref(id), { graceMs });
  }

  async endWorker(): Promise<void> {
    if (!this.#workerWasReached) return;
    const { exec, target } = await this.#connect();
    await using session = exec.exec(target, END_WORKER, { timeoutMs: END_WORKER_MS, verify: 'none' });
    session.stdout.resume();
    session.stderr.resume();
    const { code } = await session.result;
    if (code !== 0 && code !== KILLED) throw new CoordinatorError('WORKER_NOT_ENDED', `kill ended with ${code ?? '?'}`);
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.client.close();
  }

  /** Looks after a quiet run. A worker that is not there any more has taken its runs with it. */
  #probe(id: string, signal: AbortSignal): () => Promise<{ state: string }> {
    let missing = 0;
    return async () => {
      const { exec, target } = await this.#connect();
      try {
        return await exec.probe(target, this.#ref(id), { signal, retryForMs: PROBE_RETRY_MS });
      } catch (error) {
        missing = isNotReady(error) ? missing + 1 : 0;
        if (missing < MISSING_PROBES) throw error;
        return { state: 'lost' };
      }
    };
  }

  #ref(id: string): RunRef {
    return { id, dir: this.#settings.control };
  }

  /** Whether the run has left a trace. Then its working directory may be gone because of what it did. */
  async #wasStarted(id: string): Promise<boolean> {
    return stat(`${this.#settings.control}/${id}`).then(
      () => true,
      () => false,
    );
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

const isNotReady = (error: unknown): boolean => (error as { code?: unknown }).code === 'EXEC_NOT_READY';

/** The directory, when it should be in the workspace and is not there. What cannot be looked at is left to the worker. */
const missingDirectory = async ({ workingDir }: StepRun, workspace: string): Promise<string | undefined> => {
  if (!workingDir.startsWith(workspace)) return undefined;
  const missing = await stat(workingDir).then(
    (found) => !found.isDirectory(),
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  );
  return missing ? workingDir.slice(workspace.length + 1) : undefined;
};

const lostReason = (id: string) => reason('StreamLost', `the run ${id} was started, and ended without an exit record`);
