import type { Pipeline } from '@danube/contract';
import type { Pod, PodSpec } from '@danube/k8s-client';
import { InvalidJobPodError } from '../errors.ts';
import { coordinatorContainer } from './coordinator-container.ts';
import type { JobRef } from './job-pod-name.ts';
import {
  deadlineSeconds,
  type JobPodOptions,
  type NormalJobPodOptions,
  normalizeJobPodOptions,
} from './job-pod-options.ts';
import { type JobPodMetadata, jobPodMetadata } from './metadata.ts';
import { podSecurity } from './security.ts';
import { baseVolumes } from './volumes.ts';
import { workerContainer } from './worker-container.ts';

/** A pod as {@link buildJobPod} makes it: name, namespace and spec are there. */
export type JobPod = Pod & { apiVersion: 'v1'; kind: 'Pod'; metadata: JobPodMetadata; spec: PodSpec };

/**
 * Builds the pod of one attempt of a job. Pure: equal input gives an equal pod, and nothing is sent anywhere.
 *
 * @throws InvalidJobPodError naming every field that is wrong.
 * @example
 * const pod = buildJobPod({ id: '7f3a', attempt: 1 }, pipeline, { apiUrl: 'http://danube.danube-system:8080' });
 * pod.metadata.name; // 'job-7f3a'
 */
export const buildJobPod = (job: JobRef, pipeline: Pipeline, options: JobPodOptions = {}): JobPod => {
  const normal = normalizeJobPodOptions(options);
  if (pipeline.root === true && !normal.allowRoot) {
    throw new InvalidJobPodError([
      { path: ['pipeline', 'root'], message: 'pipeline.root: expected no root, allowRoot is not set' },
    ]);
  }
  const metadata = jobPodMetadata(job, pipeline, normal);
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: jobPodSpec(metadata.name, pipeline, normal) };
};

const jobPodSpec = (podName: string, pipeline: Pipeline, options: NormalJobPodOptions): PodSpec => ({
  restartPolicy: 'Never',
  activeDeadlineSeconds: deadlineSeconds(pipeline.timeout, options.deadlineMarginSeconds),
  terminationGracePeriodSeconds: options.terminationGraceSeconds,
  serviceAccountName: options.serviceAccountName,
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: podSecurity(pipeline.root === true),
  containers: [coordinatorContainer(podName, options), workerContainer(pipeline, options)],
  volumes: baseVolumes(options),
});
