import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '@danube/k8s-client';
import { ATTEMPT_LABEL, jobPodName } from '@danube/pod-builder';
import type { Logger } from '../log/logger.ts';
import type { JobStore } from '../store/job-store.ts';
import type { SupervisedJob } from '../store/job-view.ts';
import { type Action, decide, defaultTimes, type Scene, type SupervisorTimes } from './decide.ts';
import { endOf, type Evidence } from './end-of.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { PodCache, type SeenPod } from './pod-cache.ts';
import { podFacts } from './pod-facts.ts';
import type { PodPort } from './pod-port.ts';

/** What a {@link Supervisor} works with. */
export type SupervisorParts = {
  readonly store: JobStore;
  readonly pods: PodPort;
  readonly logger: Logger;
  readonly now: () => number;
  /** How many jobs may have a pod at the same time. */
  readonly concurrency: number;
  readonly times?: Partial<SupervisorTimes>;
};

const DELETE_CHECK_MS = 30_000;
const WATCH_PAUSE_MS = 1000;
// Most pods are started by then, and events cost a request.
const ASK_EVENTS_AFTER_MS = 1500;

/**
 * Looks after the pods of all jobs: takes jobs from the queue, creates pods, watches them, ends jobs whose coordinator
 * cannot, and deletes pods that are done or nobody's.
 *
 * Level-triggered: each look at a job begins with the store and the pods as they are, so that a missed event, a crash
 * or a restart costs time and nothing else.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #times: SupervisorTimes;
  readonly #cache = new PodCache();
  readonly #queue: KeyedQueue;
  readonly #closing = new AbortController();
  /** Since when an end has been visible that a coordinator has not reported. */
  readonly #endVisibleSinceMs = new Map<string, number>();
  #background: Promise<unknown> = Promise.resolve();
  #stopListening: () => void = () => undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#times = { ...defaultTimes, ...parts.times };
    this.#queue = new KeyedQueue({
      work: (jobId) => this.#look(jobId),
      onError: (jobId, error) => parts.logger.warn('looking after a job failed, trying again', { jobId, error }),
    });
  }

  /** The list of pods is known; until then nothing is decided. */
  get isSynced(): boolean {
    return this.#cache.isSynced;
  }

  /** Begins to look after jobs. */
  start(): void {
    this.#stopListening = this.#parts.store.transitions.onAny((jobId) => {
      this.#queue.add(jobId);
      this.#takeJobs();
      this.#tell(jobId);
    });
    this.#background = this.#watch();
  }

  /** Stops, and waits for what is under way. Pods stay: whoever starts next goes on with them. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#closing.abort();
    await this.#queue.close();
    await this.#background;
  }

  async #watch(): Promise<void> {
    const { pods, logger } = this.#parts;
    const { signal } = this.#closing;
    const isClosing = (): boolean => signal.aborted;
    while (!isClosing()) {
      try {
        this.#cache.begin();
        for await (const news of pods.watch(signal)) {
          for (const jobId of this.#cache.take(news)) this.#queue.add(jobId);
          // It comes again after each new list: the safety net for whatever was missed.
          if (news.type === 'synced') this.#lookAtAll();
        }
      } catch (error) {
        if (!isClosing()) logger.warn('the watch of job pods broke, beginning anew', { error });
      }
      await this.#pause(WATCH_PAUSE_MS);
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
  }

  #lookAtAll(): void {
    for (const jobId of [...this.#parts.store.active(), ...this.#cache.jobIds()]) this.#queue.add(jobId);
    this.#takeJobs();
  }

  /** Takes what may run from the queue. A store that fails fails nobody else: the next look tries again. */
  #takeJobs(): void {
    try {
      if (this.isSynced) this.#parts.store.take(this.#parts.concurrency);
    } catch (error) {
      this.#parts.logger.error('no job can be taken from the queue', { error });
    }
  }

  #tell(jobId: string): void {
    const job = this.#parts.store.supervised(jobId);
    if (job === undefined) return;
    const { state, attempt, podUid } = job;
    this.#parts.logger.info(job.isFinal ? 'job ended' : 'job goes on', { jobId, state, attempt, podUid });
  }

  async #look(jobId: string): Promise<number | undefined> {
    if (!this.isSynced) return undefined;
    const job = this.#parts.store.supervised(jobId);
    const { current, strays } = this.#cache.podsOf(jobId, job);
    const strayAgainMs = await this.#tidy(jobId, job, strays);
    if (job === undefined) this.#forget(jobId);
    if (job === undefined || job.state === 'queued') return strayAgainMs;
    const action = decide(await this.#scene(job, current, false));
    return (await this.#perform(job, action, current)) ?? strayAgainMs;
  }

  async #scene(job: SupervisedJob, seen: SeenPod | undefined, isConfirmed: boolean): Promise<Scene> {
    const facts = seen === undefined ? undefined : podFacts(seen.pod);
    const nowMs = this.#parts.now();
    const askEvents =
      facts?.hasWorkerStarted === false && !seen?.isGone && nowMs - (job.takenAtMs ?? nowMs) > ASK_EVENTS_AFTER_MS;
    const isGone = isConfirmed || seen?.isGone === true;
    const isCancelRequested = job.cancelRequestedAtMs !== undefined;
    const diagnosis =
      seen === undefined || job.isFinal
        ? undefined
        : await this.#parts.pods.diagnose(seen.pod, { askEvents, isGone, isCancelRequested });
    const evidence = { job, facts, isGone, diagnosis };
    const endVisibleForMs = job.isFinal ? 0 : this.#endVisibleForMs(evidence);
    return { ...evidence, isConfirmed, endVisibleForMs, nowMs, times: this.#times };
  }

  #endVisibleForMs(evidence: Evidence): number {
    const { job, facts } = evidence;
    const nowMs = this.#parts.now();
    if (endOf(evidence) === undefined) {
      // A pod that was not found may be found gone in a moment, as it was before.
      if (facts !== undefined) this.#endVisibleSinceMs.delete(job.id);
      return 0;
    }
    const sinceMs = this.#endVisibleSinceMs.get(job.id) ?? nowMs;
    this.#endVisibleSinceMs.set(job.id, sinceMs);
    return nowMs - sinceMs;
  }

  async #perform(job: SupervisedJob, action: Action, seen: SeenPod | undefined): Promise<number | undefined> {
    const { store, pods, logger } = this.#parts;
    switch (action.do) {
      case 'wait':
        if (job.isFinal) this.#forget(job.id);
        return action.againMs;
      case 'create':
        return this.#create(job);
      case 'adopt':
        store.recordPod(job.id, action.uid);
        return 0;
      case 'look-up':
        return this.#lookUp(job, seen);
      case 'report':
        store.progress(job.id, action.message);
        return action.againMs;
      case 'finish':
        logger.info('ending a job', { jobId: job.id, state: action.end.state, reason: action.end.reason?.code });
        this.#endVisibleSinceMs.delete(job.id);
        store.finish(job.id, action.end);
        return 0;
      case 'delete':
        if (seen !== undefined) await pods.delete(seen.pod, action.graceSeconds);
        return DELETE_CHECK_MS;
    }
  }

  async #create(job: SupervisedJob): Promise<number> {
    const { store, pods, logger, now } = this.#parts;
    try {
      const pod = await pods.create(job, store.pipeline(job.id));
      this.#cache.putNew(pod);
      store.recordPod(job.id, pod.metadata?.uid ?? '');
      return 0;
    } catch (error) {
      const { reason, isPassing } = pods.explain(error);
      const isLate = now() - (job.takenAtMs ?? 0) > this.#times.createForMs;
      if (isPassing && !isLate) {
        store.progress(job.id, `The pod cannot be created yet: ${reason.message}`);
        throw error;
      }
      logger.error('the pod of a job cannot be created', { jobId: job.id, error });
      store.finish(job.id, { state: 'error', reason, logComplete: true });
      return 0;
    }
  }

  /** A pod that no watch tells of is gone only when the cluster says so. */
  async #lookUp(job: SupervisedJob, seen: SeenPod | undefined): Promise<number | undefined> {
    const found = await this.#parts.pods.find(jobPodName(job));
    if (found !== undefined && (job.podUid === undefined || found.metadata?.uid === job.podUid)) {
      this.#cache.put(found);
      return 0;
    }
    const action = decide(await this.#scene(job, seen, true));
    return this.#perform(job, action, seen);
  }

  /** Deletes pods that carry the id of a job but are not its pod, or whose job nobody knows. */
  async #tidy(jobId: string, job: SupervisedJob | undefined, strays: readonly SeenPod[]): Promise<number | undefined> {
    let againMs: number | undefined;
    for (const { pod } of strays) {
      const { name, deletionTimestamp, creationTimestamp } = pod.metadata ?? {};
      if (!isOurs(pod, jobId) || deletionTimestamp !== undefined) continue;
      const ageMs = this.#parts.now() - new Date(creationTimestamp ?? 0).getTime();
      if (job === undefined && ageMs < this.#times.orphanAgeMs) {
        againMs = this.#times.orphanAgeMs - ageMs;
        continue;
      }
      this.#parts.logger.warn('deleting a pod that belongs to no job', { pod: name });
      await this.#parts.pods.delete(pod, 0);
    }
    return againMs;
  }

  #forget(jobId: string): void {
    this.#endVisibleSinceMs.delete(jobId);
    this.#cache.forgetGone(jobId);
  }
}

/** A pod that only carries a job's label is not proven to be ours. */
const isOurs = ({ metadata }: Pod, jobId: string): boolean => {
  const attempt = Number(metadata?.labels?.[ATTEMPT_LABEL]);
  const isManaged = metadata?.labels?.['app.kubernetes.io/managed-by'] === 'danube';
  return isManaged && Number.isSafeInteger(attempt) && metadata.name === jobPodName({ id: jobId, attempt });
};
