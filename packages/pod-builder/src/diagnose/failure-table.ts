import type { ReasonCode } from '@danube/contract';
import type { DiagnoseLimits } from './limits.ts';
import type { Sign } from './sign.ts';

/** One kind of trouble: how it shows, how long it may last, and what it means for the job. */
export type FailureRow = {
  /** Unique; tests and `docs/failures.md` name rows by it. */
  readonly id: string;
  readonly sign: Sign;
  /** The reason the job ends with. */
  readonly code: ReasonCode;
  /** How long it may last before it is final. Unset: it is final at once. */
  readonly grace?: keyof DiagnoseLimits;
  /** What happened, for people; `{container}` and `{image}` are filled in, and the words of Kubernetes follow. */
  readonly what: string;
  /** What to do, where the hint of the reason is too general. */
  readonly hint?: string;
};

const pullReasons = [
  'ErrImagePull',
  'ImagePullBackOff',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
] as const;

/**
 * Everything that is known to go wrong with a job pod. The first row whose sign is there for longer than its grace
 * decides, so the order matters: what explains more comes first.
 */
export const failureTable: readonly FailureRow[] = [
  // The whole pod was ended from outside: this explains whatever its containers say.
  {
    id: 'deadline',
    sign: { in: 'status', reasons: ['DeadlineExceeded'] },
    code: 'JobTimeout',
    what: 'the cluster ended the pod at its deadline',
  },
  {
    id: 'workspace-full',
    sign: {
      in: 'status',
      reasons: ['Evicted'],
      says: /usage of emptydir volume|ephemeral local storage usage exceeds|exceeded its local ephemeral storage limit/i,
    },
    code: 'WorkspaceFull',
    what: 'the job wrote more than its volumes may hold',
  },
  {
    id: 'evicted',
    sign: { in: 'status', reasons: ['Evicted', 'Preempting'] },
    code: 'PodEvicted',
    what: 'the node evicted the pod',
  },
  {
    id: 'node-shutdown',
    sign: { in: 'status', reasons: ['Terminated', 'NodeShutdown', 'Shutdown'] },
    code: 'PodEvicted',
    what: 'the node was shut down',
    hint: 'The node was shut down; the job can run again.',
  },
  {
    id: 'node-refused',
    sign: {
      in: 'status',
      reasons: [
        'OutOfcpu',
        'OutOfmemory',
        'OutOfephemeral-storage',
        'OutOfpods',
        'UnexpectedAdmissionError',
        'NodeAffinity',
        'NodePorts',
        'TopologyAffinityError',
      ],
    },
    code: 'PodEvicted',
    what: 'the node refused the pod',
    hint: 'The node changed while the pod was on its way to it; the job can run again.',
  },
  {
    id: 'node-lost',
    sign: { in: 'status', reasons: ['NodeLost'] },
    code: 'NodeLost',
    what: 'the node stopped answering',
  },
  {
    id: 'disruption-node',
    sign: {
      in: 'condition',
      type: 'DisruptionTarget',
      status: 'True',
      reasons: ['DeletionByTaintManager', 'DeletionByPodGC'],
      ending: true,
    },
    code: 'NodeLost',
    what: 'the cluster gave the node up',
  },
  {
    id: 'disruption',
    sign: {
      in: 'condition',
      type: 'DisruptionTarget',
      status: 'True',
      reasons: ['PreemptionByScheduler', 'EvictionByEvictionAPI', 'TerminationByKubelet'],
      ending: true,
    },
    code: 'PodEvicted',
    what: 'the pod had to make room',
    hint: 'The pod was drained or preempted; the job can run again.',
  },
  {
    id: 'deleted',
    sign: { in: 'deletion', state: 'done' },
    code: 'PodDeleted',
    what: 'somebody deleted the pod while its job ran',
  },
  {
    id: 'deletion-unconfirmed',
    sign: { in: 'deletion', state: 'unconfirmed' },
    code: 'NodeLost',
    grace: 'confirmDeletionMs',
    what: 'the pod is deleted, and its node does not answer',
  },

  // A container could not be made or started.
  {
    id: 'image-name-invalid',
    sign: { in: 'waiting', reasons: ['InvalidImageName'] },
    code: 'InvalidImage',
    what: 'the image name of {container} is malformed: {image}',
  },
  {
    id: 'image-never-pulled',
    sign: { in: 'waiting', reasons: ['ErrImageNeverPull'] },
    code: 'ImagePullFailed',
    what: 'the image of {container} is not on the node and may not be pulled: {image}',
    hint: 'Load the image onto the node, or use imagePullPolicy IfNotPresent.',
  },
  {
    id: 'image-denied',
    sign: {
      in: 'waiting',
      reasons: pullReasons,
      says: /unauthorized|authorization failed|authentication required|access denied|no basic auth|403 forbidden/i,
    },
    code: 'ImagePullFailed',
    grace: 'imagePullMs',
    what: 'the registry does not give out the image of {container}: {image}',
    hint: 'Name a pull secret that may read the image; some registries say this of images that do not exist.',
  },
  {
    id: 'image-not-found',
    sign: { in: 'waiting', reasons: pullReasons, says: /not found|manifest unknown|name unknown|does not exist/i },
    code: 'ImagePullFailed',
    grace: 'imagePullMs',
    what: 'the image of {container} does not exist: {image}',
    hint: 'Check the name of the image and its tag.',
  },
  {
    id: 'image-registry-unreachable',
    sign: {
      in: 'waiting',
      reasons: pullReasons,
      says: /no such host|dial tcp|connection refused|i\/o timeout|x509|deadline exceeded|tls/i,
    },
    code: 'ImagePullFailed',
    grace: 'imagePullMs',
    what: 'the node cannot reach the registry of the image of {container}: {image}',
    hint: 'Check the registry host in the image name, and that nodes (not only pods) can resolve and reach it.',
  },
  {
    id: 'image-pull',
    sign: { in: 'waiting', reasons: pullReasons },
    code: 'ImagePullFailed',
    grace: 'imagePullMs',
    what: 'the image of {container} cannot be pulled: {image}',
  },
  {
    id: 'container-config-cache',
    sign: {
      in: 'waiting',
      reasons: ['CreateContainerConfigError'],
      says: /failed to sync|timed out waiting for the condition/i,
    },
    code: 'ContainerConfigError',
    grace: 'createContainerMs',
    what: '{container} waits for a Secret or ConfigMap',
  },
  {
    id: 'container-config',
    sign: { in: 'waiting', reasons: ['CreateContainerConfigError'], says: /^(?!.*failed to sync)(?!.*timed out)/is },
    code: 'ContainerConfigError',
    what: '{container} cannot be configured',
  },
  {
    id: 'container-create',
    sign: {
      in: 'waiting',
      reasons: [
        'CreateContainerError',
        'RunContainerError',
        'PreCreateHookError',
        'PreStartHookError',
        'PostStartHookError',
      ],
    },
    code: 'ContainerConfigError',
    grace: 'createContainerMs',
    what: '{container} cannot be created',
    hint: 'Correct what the message names; it comes from the container runtime.',
  },
  {
    id: 'volume-object-missing',
    sign: { in: 'event', reasons: ['FailedMount'], says: /(?:secret|configmap) "[^"]+" not found/i },
    code: 'ContainerConfigError',
    grace: 'missingObjectMs',
    what: 'a volume names an object that does not exist',
  },
  {
    id: 'start-out-of-memory',
    sign: { in: 'terminated', reasons: ['StartError', 'ContainerCannotRun'], container: 'worker', says: /oom/i },
    code: 'OutOfMemory',
    what: '{container} had not even enough memory to start',
  },
  {
    id: 'start-interrupted',
    sign: {
      in: 'terminated',
      reasons: ['StartError', 'ContainerCannotRun'],
      says: /context canceled|context deadline exceeded|ttrpc: closed|transport is closing/i,
    },
    code: 'NodeLost',
    what: 'the node was interrupted while it started {container}',
    hint: 'The kubelet or the container runtime was restarted at that moment; the job can run again.',
  },
  {
    id: 'worker-start',
    sign: { in: 'terminated', reasons: ['StartError', 'ContainerCannotRun'], container: 'worker' },
    code: 'InvalidImage',
    what: '{container} cannot start with image {image}',
    hint: 'Use an image that has /bin/sh and is built for the architecture of the node.',
  },
  {
    id: 'coordinator-start',
    sign: { in: 'terminated', reasons: ['StartError', 'ContainerCannotRun'], container: 'coordinator' },
    code: 'ContainerConfigError',
    what: '{container} cannot start with image {image}',
    hint: 'Check coordinatorImage: it must be a coordinator image for the architecture of the node.',
  },

  // The pod does not come up.
  {
    id: 'unschedulable-scaling-up',
    sign: { in: 'event', reasons: ['TriggeredScaleUp'] },
    code: 'Unschedulable',
    grace: 'scaleUpMs',
    what: 'no node fits, and the autoscaler has not brought one yet',
  },
  {
    id: 'unschedulable',
    sign: {
      in: 'condition',
      type: 'PodScheduled',
      status: 'False',
      reasons: ['Unschedulable', 'SchedulerError', 'SchedulingGated'],
    },
    code: 'Unschedulable',
    grace: 'unschedulableMs',
    what: 'no node fits',
  },
  {
    id: 'start-timeout',
    sign: { in: 'start' },
    code: 'StartTimeout',
    grace: 'startMs',
    what: 'the pod did not start in time',
  },

  // A container ended under the job, and no result says why.
  {
    id: 'worker-out-of-memory',
    sign: { in: 'terminated', reasons: ['OOMKilled'], container: 'worker' },
    code: 'OutOfMemory',
    grace: 'reportMs',
    what: '{container} used more memory than its limit and was killed',
  },
  {
    id: 'coordinator-crash-loop',
    sign: { in: 'waiting', reasons: ['CrashLoopBackOff'], container: 'coordinator', restarts: 3 },
    code: 'CoordinatorLost',
    what: '{container} crashes again and again',
  },
  {
    id: 'service-crash-loop',
    sign: { in: 'waiting', reasons: ['CrashLoopBackOff'], restarts: 3 },
    code: 'ContainerConfigError',
    what: 'the service {container} crashes again and again',
    hint: 'Read the log of the service, and correct its image, command or environment.',
  },
  {
    id: 'coordinator-out-of-memory',
    sign: { in: 'terminated', reasons: ['OOMKilled'], container: 'coordinator' },
    code: 'CoordinatorLost',
    what: '{container} used more memory than its limit and was killed',
    hint: 'Raise coordinatorResources.limits.memory; the job can run again.',
  },
  {
    id: 'coordinator-lost',
    sign: { in: 'terminated', reasons: [], container: 'coordinator' },
    code: 'CoordinatorLost',
    what: '{container} ended without a result',
  },
  {
    id: 'worker-lost',
    sign: { in: 'terminated', reasons: [], container: 'worker' },
    code: 'StreamLost',
    grace: 'reportMs',
    what: '{container} ended under the job',
  },
  {
    id: 'ended-without-result',
    sign: { in: 'end' },
    code: 'CoordinatorLost',
    what: 'the pod ended and left no result',
  },
];
