import type { JobSpec, Pipeline } from '@danube/contract';
import { JOB_SPEC_ANNOTATION, labels, containers } from '@danube/contract/names';
import type { NormalJobPodOptions } from './job-pod-options.ts';
import { toLabelValue } from './label-value.ts';
import { jobPodName, type JobRef } from './job-pod-name.ts';

/** Label with the attempt number of a job pod. */
export const ATTEMPT_LABEL = 'danube.dev/attempt';
/** Label that says which Danube a job pod belongs to, where several share a namespace. */
export const OWNER_LABEL = 'danube.dev/owner';

/** What names a job pod, and what finds it. */
export type JobPodMetadata = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

/** Name, labels and annotations. The job spec travels here, so that pod and spec are one atomic write. */
export const jobPodMetadata = (
  job: JobRef,
  pipeline: Pipeline,
  options: Pick<NormalJobPodOptions, 'namespace' | 'owner' | 'labels' | 'annotations'>,
): JobPodMetadata => ({
  name: jobPodName(job),
  namespace: options.namespace,
  labels: {
    ...options.labels,
    [labels.app]: 'danube',
    [labels.jobId]: job.id,
    [labels.pipeline]: toLabelValue(pipeline.id),
    [ATTEMPT_LABEL]: String(job.attempt),
    [OWNER_LABEL]: options.owner,
    'app.kubernetes.io/name': 'danube-job',
    'app.kubernetes.io/instance': jobPodName(job),
    'app.kubernetes.io/component': 'job',
    'app.kubernetes.io/part-of': 'danube',
    'app.kubernetes.io/managed-by': 'danube',
  },
  annotations: {
    ...options.annotations,
    [JOB_SPEC_ANNOTATION]: JSON.stringify(jobSpec(job, pipeline)),
    // A job cannot be moved: the autoscaler must not empty its node.
    'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    'kubectl.kubernetes.io/default-container': containers.worker,
  },
});

const jobSpec = (job: JobRef, pipeline: Pipeline): JobSpec => ({
  version: 1,
  jobId: job.id,
  attempt: job.attempt,
  pipeline,
});
