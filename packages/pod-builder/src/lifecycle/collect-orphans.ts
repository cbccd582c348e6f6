import { JOBS_NAMESPACE, labels } from '@danube/contract/names';
import type { KubeClient, Pod } from '@danube/k8s-client';
import { ATTEMPT_LABEL, OWNER_LABEL } from '../pod/metadata.ts';
import { jobPodName, type JobRef } from '../pod/job-pod-name.ts';
import { deleteJobPod, type DeleteJobPodOptions, type PodRef } from './delete-job-pod.ts';

/** Options of {@link collectOrphans}. */
export type CollectOrphansOptions = {
  /** @default 'danube-jobs' */
  readonly namespace?: string;
  /** Only pods built with this `owner` are looked at. @default 'danube' */
  readonly owner?: string;
  /**
   * Which of these jobs still want their pod. It is asked after the pods were listed, so a caller that stores a job
   * before it creates the pod cannot lose one to a race. If it throws, nothing is deleted.
   */
  readonly wanted: (jobs: readonly JobRef[]) => Promise<readonly JobRef[]> | readonly JobRef[];
  /** Says what would be deleted, and deletes nothing. @default false */
  readonly dryRun?: boolean;
} & Pick<DeleteJobPodOptions, 'signal' | 'gracePeriodSeconds' | 'timeoutMs'>;

/** What {@link collectOrphans} did. */
export type CollectedOrphans = {
  /** Gone now; with `dryRun`, those that would be. */
  readonly deleted: readonly PodRef[];
  /** Still there, and why: the next round tries again. */
  readonly failed: readonly { readonly pod: PodRef; readonly error: unknown }[];
  /** How many pods were left alone because their job wants them. */
  readonly kept: number;
};

/**
 * Deletes the pods whose job is over or unknown. It never touches a pod that it cannot prove to be its own: a pod needs
 * Danube's labels, the owner, a job id, and the name that goes with them.
 */
export const collectOrphans = async (client: KubeClient, options: CollectOrphansOptions): Promise<CollectedOrphans> => {
  const { namespace = JOBS_NAMESPACE, owner = 'danube', dryRun = false, signal } = options;
  const labelSelector = `${labels.app}=danube,app.kubernetes.io/managed-by=danube,${OWNER_LABEL}=${owner},${labels.jobId}`;
  const { items } = await client.pods(namespace).list({ labelSelector, signal });
  const owned = items.flatMap(ownedPod);
  if (owned.length === 0) return { deleted: [], failed: [], kept: 0 };

  const wanted = new Set((await options.wanted(owned.map(({ job }) => job))).map(key));
  const orphans = owned.filter(({ job }) => !wanted.has(key(job))).map(({ ref }) => ref);
  const failed: { pod: PodRef; error: unknown }[] = [];
  if (!dryRun) {
    await Promise.all(
      orphans.map((pod) =>
        deleteJobPod(client, pod, pickDelete(options)).catch((error: unknown) => {
          failed.push({ pod, error });
        }),
      ),
    );
  }
  const lost = new Set(failed.map(({ pod }) => pod));
  return { deleted: orphans.filter((pod) => !lost.has(pod)), failed, kept: owned.length - orphans.length };
};

const ownedPod = (pod: Pod): { job: JobRef; ref: PodRef }[] => {
  const { name, namespace, uid, labels: found = {} } = pod.metadata ?? {};
  const id = found[labels.jobId];
  const attempt = Number(found[ATTEMPT_LABEL]);
  if (name === undefined || namespace === undefined || uid === undefined || id === undefined) return [];
  if (!Number.isInteger(attempt) || attempt < 1 || name !== jobPodName({ id, attempt })) return [];
  return [{ job: { id, attempt }, ref: { namespace, name, uid } }];
};

const key = ({ id, attempt }: JobRef): string => `${id} ${attempt}`;

const pickDelete = ({ signal, gracePeriodSeconds, timeoutMs }: CollectOrphansOptions): DeleteJobPodOptions => ({
  ...(signal === undefined ? {} : { signal }),
  ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});
