import { DEFAULT_JOB_TIMEOUT, durationMs, type JobResult, type JobSpec, reason } from '@danube/contract';
import { cancelled } from './domain/job-machine.ts';
import { CoordinatorError, messageOf } from './errors.ts';
import { readJobSpec } from './read-job-spec.ts';
import { ApiConnection } from './report/api-connection.ts';
import { cancelWanted } from './report/cancel-watch.ts';
import { HttpReporter, type HttpReporterOptions } from './report/http-reporter.ts';
import { type JobVerdict, Lane } from './report/lane.ts';
import { PlainReporter, type PlainStreams } from './report/plain-reporter.ts';
import type { Delivery } from './report/reporter.ts';
import { leaveResult, SEQ_UNKNOWN } from './result/termination-message.ts';
import type { Settings } from './settings.ts';
import { type EndTimes, StepSequence } from './step-sequence.ts';
import type { StepRunner } from './worker/step-runner.ts';

/** What {@link runCoordinator} works with. */
export type CoordinatorParts = {
  readonly settings: Settings;
  readonly runner: StepRunner;
  readonly streams: PlainStreams;
  /** Fires when the container is told to end: the kubelet kills it soon. */
  readonly terminated: AbortSignal;
  readonly times?: Partial<CoordinatorTimes>;
  readonly reporting?: Partial<HttpReporterOptions>;
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

/** Exit codes of the program: the job's verdict, short. The termination message has the whole. */
export const exitCodes = { succeeded: 0, otherwise: 1 } as const;

/**
 * Runs the job of this pod from its spec to its result. Never rejects for what a job, a worker or a server does.
 *
 * @returns the exit code: see {@link exitCodes}.
 */
export const runCoordinator = async (parts: CoordinatorParts): Promise<number> => {
  try {
    const spec = await readJobSpec(parts.settings.jobSpec);
    const { state } = await new JobRun(parts, spec).run();
    return state === 'succeeded' ? exitCodes.succeeded : exitCodes.otherwise;
  } catch (error) {
    return refuse(parts, error);
  }
};

/** Says that the job could not be begun, in the log of the container and in its termination message. */
const refuse = ({ settings, streams }: CoordinatorParts, error: unknown): number => {
  const code = error instanceof CoordinatorError && error.code === 'JOB_SPEC' ? 'InvalidSpec' : 'CoordinatorLost';
  streams.stderr.write(`danube: ${messageOf(error)}\n`);
  const jobId = /^job-(.+?)(?:-r\d+)?$/.exec(settings.podName)?.[1] ?? settings.podName;
  const result = { version: 1, jobId, state: 'error', reason: reason(code, messageOf(error)), lastSeq: 0 } as const;
  leaveResult(settings.terminationLog, result);
  return exitCodes.otherwise;
};

/** One job on its way through this process. */
class JobRun {
  readonly #parts: CoordinatorParts;
  readonly #times: CoordinatorTimes;
  readonly #spec: JobSpec;
  readonly #lane = new Lane(Date.now);
  readonly #steps: StepSequence;
  readonly #overdue = new AbortController();
  readonly #startedAt = Date.now();

  constructor(parts: CoordinatorParts, spec: JobSpec) {
    this.#parts = parts;
    this.#times = { ...defaultTimes, ...parts.times };
    this.#spec = spec;
    const { workspace } = parts.settings;
    const times = this.#times.ending;
    this.#steps = new StepSequence({ spec, workspace, runner: parts.runner, lane: this.#lane, times });
  }

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
      : new HttpReporter(connection, this.#parts.reporting);
  }

  async #watchCancel(connection: ApiConnection, signal: AbortSignal): Promise<void> {
    if (await cancelWanted(connection, signal)) this.#steps.end(cancelled('on request'));
  }

  /** Leaves the result before waiting for the last acknowledgement: whatever happens then, the verdict is safe. */
  async #conclude(verdict: JobVerdict, delivery: Promise<Delivery>): Promise<void> {
    this.#lane.finish(verdict);
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
