import { labels } from '@danube/contract/names';
import type { Pod } from '@danube/k8s-client';
import { jobPodName } from '@danube/pod-builder';
import type { SupervisedJob } from '../store/job-view.ts';
import type { PodNews } from './pod-port.ts';

/** A pod as it was last heard of. A pod that is gone is kept until its job has ended: it is the last evidence. */
export type SeenPod = { readonly pod: Pod; readonly isGone: boolean };

/** Job id of a pod; `undefined` for pods that are not of a job. */
export const jobIdOf = (pod: Pod): string | undefined => pod.metadata?.labels?.[labels.jobId];

/** The pods of jobs, as the watch tells of them. */
export class PodCache {
  readonly #byJob = new Map<string, Map<string, SeenPod>>();
  #unheard = new Set<string>();
  #isSynced = false;

  /** Everything that exists has been told at least once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** A watch begins from nothing: what it does not tell of until it is in sync is gone. */
  begin(): void {
    this.#unheard = new Set(this.#all().map(({ pod }) => uidOf(pod)));
  }

  /** Takes in news; returns the ids of the jobs that they concern. */
  take(news: PodNews): string[] {
    if (news.type === 'synced') return this.#sync();
    const jobId = jobIdOf(news.pod);
    if (jobId === undefined) return [];
    this.#unheard.delete(uidOf(news.pod));
    this.put(news.pod, news.type === 'deleted');
    return [jobId];
  }

  put(pod: Pod, isGone = false): void {
    const jobId = jobIdOf(pod);
    if (jobId === undefined) return;
    const pods = this.#byJob.get(jobId) ?? new Map<string, SeenPod>();
    this.#byJob.set(jobId, pods.set(uidOf(pod), { pod, isGone }));
  }

  /** Puts a pod that was just created, unless the watch has told more of it already. */
  putNew(pod: Pod): void {
    const known = this.#byJob.get(jobIdOf(pod) ?? '')?.get(uidOf(pod));
    if (known === undefined) this.put(pod);
  }

  /** The pod of a job's current attempt, and all others that carry its id. */
  podsOf(jobId: string, job: SupervisedJob | undefined): { current: SeenPod | undefined; strays: SeenPod[] } {
    const all = [...(this.#byJob.get(jobId)?.values() ?? [])];
    const current = all.find(({ pod, isGone }) => {
      if (job === undefined) return false;
      return job.podUid === undefined ? pod.metadata?.name === jobPodName(job) && !isGone : uidOf(pod) === job.podUid;
    });
    return { current, strays: all.filter((seen) => seen !== current && !seen.isGone) };
  }

  /** Forgets a job's pods that are gone. */
  forgetGone(jobId: string): void {
    const pods = this.#byJob.get(jobId);
    for (const [uid, { isGone }] of pods ?? []) if (isGone) pods?.delete(uid);
    if (pods?.size === 0) this.#byJob.delete(jobId);
  }

  jobIds(): string[] {
    return [...this.#byJob.keys()];
  }

  #sync(): string[] {
    for (const { pod, isGone } of this.#all()) if (!isGone && this.#unheard.has(uidOf(pod))) this.put(pod, true);
    this.#unheard.clear();
    this.#isSynced = true;
    return this.jobIds();
  }

  #all(): SeenPod[] {
    return [...this.#byJob.values()].flatMap((pods) => [...pods.values()]);
  }
}

const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';
