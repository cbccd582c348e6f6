import { DEFAULT_JOB_TIMEOUT, durationMs, type JobResult, type JobSpec } from '@danube/contract';
import { cancelled } from './domain/job-machine.ts';
import { JobMemory } from './durable/job-memory.ts';
import { messageOf } from './errors.ts';
import { ApiConnection } from './report/api-connection.ts';
import { cancelWanted } from './report/cancel-watch.ts';
import { HttpReporter, type HttpReporterOptions } from './report/http-reporter.ts';
import { type JobVerdict, Lane } from './report/lane.ts';
import { PlainReporter, type PlainStreams } from './report/plain-reporter.ts';
import type { Delivery } from './report/reporter.ts';
import { leaveResult, SEQ_UNKNOWN } from './result/termination-message.ts';
import type { Secrets } from './secrets/read-secrets.ts';
import { SecretMasker } from './secrets/secret-masker.ts';
import type { Settings } from './settings.ts';
import { type EndTimes, StepSequence } from './step-sequence.ts';
import { PacedStepRunner } from './worker/paced-step-runner.ts';
import type { StepRunner } from './worker/step-runner.ts';

/** What a {@link JobRun} works with. */
export type CoordinatorParts = {
  readonly settings: Settings;
  readonly runner: StepRunner;
  readonly streams: PlainStreams;
  /** Fires when the container is told to end: the kubelet kills it soon. */
  readonly terminated: AbortSignal;
  readonly times?: Partial<CoordinatorTimes>;
  readonly reporting?: Partial<HttpReporterOptions>;
};

/** A job, and the values of the secrets that it declares. */
export type JobInput = {
  readonly spec: JobSpec;
  readonly secrets: Secrets;
  /** Values that no output may show: those of the secrets, now and before. */
  readonly masked: readonly string[];
};

/** How long the last things may take, in milliseconds. */
export type CoordinatorTimes = {
  /** After a cancel or the job's timeout. @default 5 s grace, 20 s for always-steps, 4 s for the last kill */
  readonly ending: EndTimes;
  /** The same once the container is told to end; the pod's grace period is 15 s. @default 2 s, 7 s, 2 s */
  readonly hurriedEnding: EndTimes;
  /** Least time for delivering the last events; more when the job's time is not over. @default 60_000 */
  readonly deliveryMs: number;
  /** The same once the container is told to end. @default 3_000 */
  readonly hurriedDeliveryMs: number;
};

const defaultTimes: CoordinatorTimes = {
  ending: { stopGraceMs: 5000, windingDownMs: 20_000, lastKillMs: 4000 },
  hurriedEnding: { stopGraceMs: 2000, windingDownMs: 7000, lastKillMs: 2000 },
  deliveryMs: 60_000,
  hurriedDeliveryMs: 3000,
};

/** One job on its way through this process. */
export class JobRun {
  readonly #parts: CoordinatorParts;
  readonly #times: CoordinatorTimes;
  readonly #spec: JobSpec;
  readonly #memory: JobMemory;
  readonly #lane: Lane;
  readonly #steps: StepSequence;
  readonly #overdue = new AbortController();
  readonly #startedAt = Date.now();

  constructor(parts: CoordinatorParts, { spec, secrets, masked }: JobInput) {
    this.#parts = parts;
    this.#times = { ...defaultTimes, ...parts.times };
    this.#spec = spec;
    const { api, control, journalBytes, workspace } = parts.settings;
    this.#memory = new JobMemory(control, (error) =>
      this.#say(`a restart of the coordinator would not find its way: ${messageOf(error)}`),
    );
    const { checkpoints, log } = this.#memory;
    // Without an api-server nobody keeps what was said before a restart: all is said again.
    const masker = new SecretMasker(masked);
    const lane = api === undefined ? new Lane(Date.now, masker) : new Lane(Date.now, masker, checkpoints.read());
    const places = { workspace, control, secrets };
    const runner = api === undefined ? parts.runner : new PacedStepRunner(parts.runner, 2 * journalBytes);
    this.#steps = new StepSequence({ spec, places, masker, runner, lane, log, times: this.#times.ending });
    this.#lane = lane;
  }

  /** Resolves when the verdict stands, is reported as far as that can be, and the worker is ended. Call once. */
  async run(): Promise<JobVerdict> {
    const { settings, terminated } = this.#parts;
    const { api } = settings;
    using connection = api === undefined ? undefined : new ApiConnection({ ...api, jobId: this.#spec.jobId });
    const delivery = this.#reporter(connection).deliver(this.#lane.events(), this.#overdue.signal);
    const stepsDone = new AbortController();
    if (connection !== undefined) void this.#watchCancel(connection, stepsDone.signal);
    onAbort(terminated, () => this.#steps.end(cancelled('because its pod was told to end'), this.#times.hurriedEnding));
    const verdict = await this.#steps.run();
    stepsDone.abort();
    await this.#conclude(verdict, delivery);
    await this.#endWorker();
    return verdict;
  }

  #reporter(connection: ApiConnection | undefined): HttpReporter | PlainReporter {
    return connection === undefined
      ? new PlainReporter(this.#spec.pipeline, this.#parts.streams)
      : new HttpReporter(connection, {
          ...this.#parts.reporting,
          checkpoints: this.#memory.checkpoints,
          release: (place) => this.#lane.release(place),
        });
  }

  async #watchCancel(connection: ApiConnection, signal: AbortSignal): Promise<void> {
    if (await cancelWanted(connection, signal)) this.#steps.end(cancelled('on request'));
  }

  /** Leaves the result before waiting for the last acknowledgement: whatever happens then, the verdict is safe. */
  async #conclude(verdict: JobVerdict, delivery: Promise<Delivery>): Promise<void> {
    this.#leave(verdict, SEQ_UNKNOWN);
    const timer = setTimeout(() => this.#overdue.abort(), this.#deliveryMs());
    onAbort(this.#parts.terminated, () =>
      setTimeout(() => this.#overdue.abort(), this.#times.hurriedDeliveryMs).unref(),
    );
    this.#leave(verdict, await Promise.race([this.#lane.numbered, delivery.then(() => SEQ_UNKNOWN)]));
    const delivered = await delivery;
    clearTimeout(timer);
    if (!delivered.complete) this.#say(`the report is incomplete: ${delivered.why}`);
  }

  #deliveryMs(): number {
    const leftMs = this.#startedAt + durationMs(this.#spec.pipeline.timeout ?? DEFAULT_JOB_TIMEOUT) - Date.now();
    return Math.min(Math.max(leftMs, this.#times.deliveryMs), 2 ** 31 - 1);
  }

  #leave(verdict: JobVerdict, lastSeq: number): void {
    const why = verdict.reason === undefined ? {} : { reason: verdict.reason };
    const result: JobResult = { version: 1, jobId: this.#spec.jobId, state: verdict.state, ...why, lastSeq };
    try {
      leaveResult(this.#parts.settings.terminationLog, result);
    } catch (error) {
      this.#say(`the result could not be left for Kubernetes: ${messageOf(error)}`);
    }
  }

  async #endWorker(): Promise<void> {
    const { runner } = this.#parts;
    await runner.endWorker().catch((error: unknown) => this.#say(`the worker was not ended: ${messageOf(error)}`));
    await runner.close();
  }

  #say(text: string): void {
    this.#parts.streams.stderr.write(`danube: ${text}\n`);
  }
}

const onAbort = (signal: AbortSignal, listener: () => void): void => {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
};
