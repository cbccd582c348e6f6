export { InvalidJobPodError, PodError, type PodErrorCode, podErrorCodes, type PodErrorFacts } from './errors.ts';
export { buildJobPod, type JobPod } from './pod/build-job-pod.ts';
export { jobPodName, type JobRef } from './pod/job-pod-name.ts';
export { type ExtraVolume, type SecretEnv } from './pod/extra-volume.ts';
export { type ImagePullPolicy, type JobPodOptions, type Placement } from './pod/job-pod-options.ts';
export { fromLabelValue, toLabelValue } from './pod/label-value.ts';
export { type PodPatch } from './pod/pod-patch.ts';
export { type ServiceContainer } from './pod/service-container.ts';
export { ATTEMPT_LABEL, type JobPodMetadata, OWNER_LABEL } from './pod/metadata.ts';
export { COORDINATOR_UID, WORKER_UID } from './pod/security.ts';
export { WORKER_PID_FILE } from './pod/worker-container.ts';
export {
  type CoordinatorAccount,
  coordinatorRbac,
  jobRbac,
  jobsNamespace,
  type OwnedPod,
} from './rbac/coordinator-rbac.ts';
export { execPolicy, execPolicyName } from './rbac/exec-policy.ts';
