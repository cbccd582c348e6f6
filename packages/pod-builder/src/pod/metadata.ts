import type { JobSpec, Pipeline } from '@danube/contract';
import { JOB_SPEC_ANNOTATION, labels, containers } from '@danube/contract/names';
import { jobPodName, type JobRef } from './job-pod-name.ts';

/** Label with the attempt number of a job pod. */
export const ATTEMPT_LABEL = 'danube.dev/attempt';

/** What names a job pod, and what finds it. */
export type JobPodMetadata = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

/** Name, labels and annotations. The job spec travels here, so that pod and spec are one atomic write. */
export const jobPodMetadata = (job: JobRef, pipeline: Pipeline, namespace: string): JobPodMetadata => ({
  name: jobPodName(job),
  namespace,
  labels: {
    [labels.app]: 'danube',
    [labels.jobId]: job.id,
    [labels.pipeline]: pipeline.id,
    [ATTEMPT_LABEL]: String(job.attempt),
    'app.kubernetes.io/name': 'danube-job',
    'app.kubernetes.io/instance': jobPodName(job),
    'app.kubernetes.io/component': 'job',
    'app.kubernetes.io/part-of': 'danube',
    'app.kubernetes.io/managed-by': 'danube',
  },
  annotations: {
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
