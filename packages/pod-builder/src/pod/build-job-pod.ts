import type { Pipeline } from '@danube/contract';
import type { Container, Pod, PodSpec } from '@danube/k8s-client';
import { InvalidJobPodError } from '../errors.ts';
import { inputProblems } from '../validate/input-problems.ts';
import { coordinatorContainer } from './coordinator-container.ts';
import { extraVolume, withExtras } from './extra-volume.ts';
import type { JobRef } from './job-pod-name.ts';
import {
  deadlineSeconds,
  type JobPodOptions,
  type NormalJobPodOptions,
  normalizeJobPodOptions,
} from './job-pod-options.ts';
import { type JobPodMetadata, jobPodMetadata } from './metadata.ts';
import { applyPodPatch, brokenInvariants } from './pod-patch.ts';
import { podSecurity } from './security.ts';
import { serviceContainer } from './service-container.ts';
import { baseVolumes, secretVolumes } from './volumes.ts';
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
  const metadata = jobPodMetadata(job, pipeline, normal);
  const problems = inputProblems({ job, pipeline, options: normal, metadata });
  if (problems.length > 0) throw new InvalidJobPodError(problems);
  const pod: JobPod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: jobPodSpec(metadata.name, pipeline, normal) };
  if (normal.patch === undefined) return pod;
  const patched = applyPodPatch(pod, normal.patch);
  const broken = brokenInvariants(pod, patched);
  if (broken.length > 0) throw new InvalidJobPodError(broken);
  return patched;
};

const jobPodSpec = (podName: string, pipeline: Pipeline, options: NormalJobPodOptions): PodSpec => {
  const { imagePullSecrets, services, volumes } = options;
  const coordinator = withExtras(coordinatorContainer(podName, pipeline, options), options);
  const worker = withExtras(workerContainer(pipeline, options), options);
  const before: Container[] = services.map((service) => serviceContainer(service, options.imagePullPolicy));
  // First of all, so that it connects while the services come up.
  if (options.shape === 'sidecar') before.unshift({ ...coordinator, restartPolicy: 'Always' });
  return {
    ...options.placement,
    restartPolicy: 'Never',
    activeDeadlineSeconds: deadlineSeconds(pipeline.timeout, options.deadlineMarginSeconds),
    terminationGracePeriodSeconds: options.terminationGraceSeconds,
    serviceAccountName: options.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: podSecurity(pipeline.root === true),
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    ...(before.length === 0 ? {} : { initContainers: before }),
    containers: options.shape === 'sidecar' ? [worker] : [coordinator, worker],
    volumes: [...baseVolumes(options), ...secretVolumes(pipeline), ...volumes.map(extraVolume)],
  };
};
