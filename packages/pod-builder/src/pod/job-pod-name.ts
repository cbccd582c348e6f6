import { podName } from '@danube/contract/names';

/** Which run of a job a pod is for: attempt 1, 2, … */
export type JobRef = { readonly id: string; readonly attempt: number };

/**
 * Name of the pod of an attempt: `job-<id>` for the first, `job-<id>-r<attempt>` after that.
 * Deterministic, so that creating a pod twice cannot make two.
 */
export const jobPodName = ({ id, attempt }: JobRef): string =>
  attempt === 1 ? podName(id) : `${podName(id)}-r${attempt}`;
