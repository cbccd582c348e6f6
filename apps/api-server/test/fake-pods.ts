import { EventEmitter, on } from 'node:events';
import { type JobResult, reason } from '@danube/contract';
import type { ContainerState, Pod } from '@danube/k8s-client';
import { buildJobPod, jobPodName } from '@danube/pod-builder';
import { diagnose } from '@danube/pod-builder/lifecycle';
import type { PodNews, PodPort } from '../src/supervisor/pod-port.ts';

/** A cluster of pods that do nothing by themselves: a test says what happens to them. */
export class FakePods implements PodPort {
  readonly pods = new Map<string, Pod>();
  readonly created: string[] = [];
  readonly deleted: { name: string; graceSeconds: number }[] = [];
  /** Thrown by `create`, as long as it is set. */
  createError: Error | undefined;
  /** Ignores deletions: the pod stays until the test removes it. */
  isDeletionStuck = false;
  #uid = 0;
  readonly #news = new EventEmitter();

  create: PodPort['create'] = async (job, pipeline) => {
    if (this.createError !== undefined) throw this.createError;
    const name = jobPodName(job);
    const existing = this.pods.get(name);
    if (existing !== undefined) return existing;
    const built = buildJobPod(job, pipeline);
    const metadata = { ...built.metadata, uid: `uid-${(this.#uid += 1)}`, creationTimestamp: new Date().toISOString() };
    this.created.push(name);
    this.set({ ...built, metadata, status: { phase: 'Pending' } });
    return this.pods.get(name)!;
  };

  explain: PodPort['explain'] = (error) => ({
    reason: reason('ApiUnavailable', (error as Error).message),
    isPassing: (error as Error).message !== 'refused',
  });

  find: PodPort['find'] = async (name) => this.pods.get(name);

  delete: PodPort['delete'] = async ({ metadata }, graceSeconds) => {
    const pod = this.pods.get(metadata!.name!);
    if (pod?.metadata?.uid !== metadata?.uid) return;
    this.deleted.push({ name: metadata!.name!, graceSeconds });
    if (this.isDeletionStuck)
      this.set({ ...pod, metadata: { ...pod!.metadata, deletionTimestamp: new Date().toISOString() } });
    else this.remove(metadata!.name!);
  };

  async *watch(signal: AbortSignal): AsyncGenerator<PodNews> {
    const news = on(this.#news, 'news', { signal });
    for (const pod of this.pods.values()) yield { type: 'applied', pod };
    yield { type: 'synced' };
    for await (const [event] of news as AsyncIterable<[PodNews]>) yield event;
  }

  diagnose: PodPort['diagnose'] = async (pod, { isGone, isCancelRequested }) =>
    diagnose(pod, { now: new Date(), gone: isGone, cancelRequested: isCancelRequested });

  set(pod: Pod): void {
    this.pods.set(pod.metadata!.name!, pod);
    this.#news.emit('news', { type: 'applied', pod });
  }

  remove(name: string): void {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    if (pod !== undefined) this.#news.emit('news', { type: 'deleted', pod });
  }

  /** Says in what state the containers are. */
  status(name: string, [coordinator, worker]: readonly [ContainerState, ContainerState], phase = 'Running'): void {
    const pod = this.pods.get(name)!;
    const containerStatuses = [
      { name: 'coordinator', state: coordinator },
      { name: 'worker', state: worker },
    ].map((status) => ({ ...status, image: 'i', imageID: '', ready: true, restartCount: 0, started: true }));
    this.set({ ...pod, status: { phase, containerStatuses } });
  }

  /** Both containers run. */
  run(name: string): void {
    const running = { running: { startedAt: new Date().toISOString() } };
    this.status(name, [running, running]);
  }

  /** The coordinator ends, with a result or without; the worker runs on. */
  end(name: string, result?: JobResult, exitCode = 0): void {
    const finishedAt = new Date().toISOString();
    const terminated = { exitCode, finishedAt, ...(result === undefined ? {} : { message: JSON.stringify(result) }) };
    this.status(name, [{ terminated }, { running: { startedAt: finishedAt } }]);
  }
}
