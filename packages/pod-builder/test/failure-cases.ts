import type { ReasonCode } from '@danube/contract';
import type { CoreEvent } from '@danube/k8s-client';
import { at, creating, ended, event, type Recorded, running, waiting } from './statuses.ts';

/** A recorded failure: what the cluster said, the row it must hit, and from when on it is final. */
export type FailureCase = {
  readonly row: string;
  readonly name: string;
  readonly pod: Recorded;
  readonly events?: readonly CoreEvent[];
  readonly gone?: boolean;
  /** Seconds after the pod was scheduled at which it becomes final; before that it is only a message. */
  readonly finalAt: number;
  readonly code: ReasonCode;
  /** Must be in the message. */
  readonly says: string;
};

const pulled = 'rpc error: code = Unknown desc = failed to pull and unpack image "registry.invalid/x:1"';
const failed = { phase: 'Failed' };
const disruption = (reason: string, message: string) => [
  { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: at(5) },
];

export const failureCases: readonly FailureCase[] = [
  {
    row: 'deadline',
    name: 'activeDeadlineSeconds ran out',
    pod: {
      coordinator: ended(143, 'Error'),
      worker: ended(0, 'Completed'),
      status: {
        ...failed,
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      },
    },
    finalAt: 0,
    code: 'JobTimeout',
    says: 'longer than the specified deadline',
  },
  {
    row: 'workspace-full',
    name: 'an emptyDir is over its limit',
    pod: {
      coordinator: ended(137, 'ContainerStatusUnknown'),
      worker: ended(137, 'ContainerStatusUnknown'),
      status: {
        ...failed,
        reason: 'Evicted',
        message: 'Usage of EmptyDir volume "workspace" exceeds the limit "20Mi". ',
      },
    },
    finalAt: 0,
    code: 'WorkspaceFull',
    says: '"workspace" exceeds the limit "20Mi"',
  },
  {
    row: 'workspace-full',
    name: 'a container is over its ephemeral storage limit',
    pod: {
      worker: ended(137, 'Error'),
      status: {
        ...failed,
        reason: 'Evicted',
        message: 'Container worker exceeded its local ephemeral storage limit "1Gi". ',
      },
    },
    finalAt: 0,
    code: 'WorkspaceFull',
    says: 'exceeded its local ephemeral storage limit',
  },
  {
    row: 'workspace-full',
    name: 'all containers together are over it',
    pod: {
      status: {
        ...failed,
        reason: 'Evicted',
        message: 'Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ',
      },
    },
    finalAt: 0,
    code: 'WorkspaceFull',
    says: 'exceeds the total limit of containers 4Mi',
  },
  {
    row: 'evicted',
    name: 'the node runs out of memory',
    pod: { status: { ...failed, reason: 'Evicted', message: 'The node was low on resource: memory.' } },
    finalAt: 0,
    code: 'PodEvicted',
    says: 'low on resource: memory',
  },
  {
    row: 'node-shutdown',
    name: 'the node shuts down',
    pod: {
      status: { ...failed, reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' },
    },
    finalAt: 0,
    code: 'PodEvicted',
    says: 'imminent node shutdown',
  },
  {
    row: 'node-refused',
    name: 'the node filled up while the pod was on its way',
    pod: {
      status: { ...failed, reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu" },
    },
    finalAt: 0,
    code: 'PodEvicted',
    says: 'the node refused the pod',
  },
  {
    row: 'node-lost',
    name: 'the node lifecycle controller says so',
    pod: {
      coordinator: running,
      worker: running,
      metadata: { deletionTimestamp: at(40) },
      status: {
        phase: 'Running',
        reason: 'NodeLost',
        message: 'Node node-1 which was running pod job-7f3a is unresponsive',
      },
    },
    finalAt: 0,
    code: 'NodeLost',
    says: 'is unresponsive',
  },
  {
    row: 'disruption-node',
    name: 'the taint manager deletes the pod of an unreachable node',
    pod: {
      coordinator: running,
      worker: running,
      metadata: { deletionTimestamp: at(40) },
      status: {
        phase: 'Running',
        conditions: disruption('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'),
      },
    },
    finalAt: 5,
    code: 'NodeLost',
    says: 'NoExecute taint',
  },
  {
    row: 'disruption',
    name: 'a more important pod takes the place',
    pod: {
      coordinator: running,
      worker: running,
      metadata: { deletionTimestamp: at(40) },
      status: {
        phase: 'Running',
        conditions: disruption(
          'PreemptionByScheduler',
          'default-scheduler: preempting to accommodate a higher priority pod',
        ),
      },
    },
    finalAt: 5,
    code: 'PodEvicted',
    says: 'higher priority pod',
  },
  {
    row: 'deleted',
    name: 'the pod is gone',
    pod: { coordinator: running, worker: running, status: { phase: 'Running' } },
    gone: true,
    finalAt: 0,
    code: 'PodDeleted',
    says: 'somebody deleted the pod',
  },
  {
    row: 'deleted',
    name: 'the pod is being deleted and its coordinator was killed',
    pod: {
      coordinator: ended(137, 'Error'),
      worker: running,
      metadata: { deletionTimestamp: at(15) },
      status: { phase: 'Running' },
    },
    finalAt: 0,
    code: 'PodDeleted',
    says: 'somebody deleted the pod',
  },
  {
    row: 'deletion-unconfirmed',
    name: 'the node does not end a deleted pod',
    pod: {
      coordinator: running,
      worker: running,
      metadata: { deletionTimestamp: at(15) },
      status: { phase: 'Running' },
    },
    finalAt: 75,
    code: 'NodeLost',
    says: 'its node does not answer',
  },
  {
    row: 'image-name-invalid',
    name: 'a malformed image name',
    pod: {
      coordinator: running,
      worker: waiting(
        'InvalidImageName',
        'Failed to apply default image tag "UPPER//x": couldn\'t parse image name "UPPER//x": invalid reference format',
      ),
    },
    finalAt: 0,
    code: 'InvalidImage',
    says: 'invalid reference format',
  },
  {
    row: 'image-never-pulled',
    name: 'policy Never and no image',
    pod: { coordinator: waiting('ErrImageNeverPull', 'Container image "x" is not present with pull policy of Never') },
    finalAt: 0,
    code: 'ImagePullFailed',
    says: 'not present with pull policy of Never',
  },
  {
    row: 'image-denied',
    name: 'the registry refuses',
    pod: {
      worker: waiting(
        'ErrImagePull',
        `${pulled}: pull access denied, repository does not exist or may require authorization: authorization failed`,
      ),
    },
    finalAt: 20,
    code: 'ImagePullFailed',
    says: 'does not give out the image of worker: registry.invalid/x:1',
  },
  {
    row: 'image-not-found',
    name: 'no such tag',
    pod: { worker: waiting('ErrImagePull', `${pulled}: registry.invalid/x:1: not found`) },
    finalAt: 20,
    code: 'ImagePullFailed',
    says: 'the image of worker does not exist',
  },
  {
    row: 'image-not-found',
    name: 'a back-off that says nothing, explained by the event, which also tells since when',
    pod: { coordinator: running, worker: waiting('ImagePullBackOff', 'Back-off pulling image "registry.invalid/x:1"') },
    events: [
      event('Pulling', 'Pulling image "registry.invalid/x:1"', 1),
      event('Failed', `Failed to pull image "registry.invalid/x:1": ${pulled}: not found`, 61),
    ],
    finalAt: 81,
    code: 'ImagePullFailed',
    says: 'does not exist',
  },
  {
    row: 'image-registry-unreachable',
    name: 'an unknown registry host',
    pod: {
      coordinator: running,
      worker: waiting('ErrImagePull', `${pulled}: dial tcp: lookup registry.invalid on 127.0.0.1:53: no such host`),
    },
    finalAt: 20,
    code: 'ImagePullFailed',
    says: 'no such host',
  },
  {
    row: 'image-pull',
    name: 'a pull that fails for another cause',
    pod: { worker: waiting('ImageInspectError', 'Failed to inspect image "registry.invalid/x:1"') },
    finalAt: 20,
    code: 'ImagePullFailed',
    says: 'cannot be pulled: registry.invalid/x:1',
  },
  {
    row: 'container-config-cache',
    name: 'a Secret that the kubelet has not seen yet',
    pod: {
      worker: waiting('CreateContainerConfigError', 'failed to sync secret cache: timed out waiting for the condition'),
    },
    finalAt: 20,
    code: 'ContainerConfigError',
    says: 'failed to sync secret cache',
  },
  {
    row: 'container-config',
    name: 'a missing Secret',
    pod: { coordinator: running, worker: waiting('CreateContainerConfigError', 'secret "none" not found') },
    finalAt: 0,
    code: 'ContainerConfigError',
    says: 'secret "none" not found',
  },
  {
    row: 'container-create',
    name: 'the runtime refuses the container',
    pod: { worker: waiting('CreateContainerError', 'Error: failed to generate spec: no command specified') },
    finalAt: 20,
    code: 'ContainerConfigError',
    says: 'no command specified',
  },
  {
    row: 'volume-object-missing',
    name: 'a volume of a Secret that does not exist',
    pod: { coordinator: creating, worker: creating },
    events: [event('FailedMount', 'MountVolume.SetUp failed for volume "keys" : secret "none" not found', 2)],
    finalAt: 32,
    code: 'ContainerConfigError',
    says: 'secret "none" not found',
  },
  {
    row: 'start-out-of-memory',
    name: 'a memory limit below what a process needs',
    pod: {
      coordinator: running,
      worker: ended(
        128,
        'StartError',
        'failed to create containerd task: container init was OOM-killed (memory limit too low?)',
      ),
    },
    finalAt: 30,
    code: 'OutOfMemory',
    says: 'OOM-killed',
  },
  {
    row: 'start-interrupted',
    name: 'the kubelet is killed while it starts the worker',
    pod: {
      coordinator: running,
      worker: ended(
        128,
        'StartError',
        'failed to create containerd task: failed to create shim task: context canceled: unknown',
      ),
    },
    finalAt: 30,
    code: 'NodeLost',
    says: 'context canceled',
  },
  {
    row: 'worker-start',
    name: 'an image without a shell',
    pod: {
      coordinator: running,
      worker: ended(128, 'StartError', 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'),
    },
    finalAt: 30,
    code: 'InvalidImage',
    says: 'stat /bin/sh: no such file',
  },
  {
    row: 'coordinator-start',
    name: 'a coordinator image for another architecture',
    pod: { coordinator: ended(128, 'StartError', 'exec format error'), worker: running },
    finalAt: 30,
    code: 'ContainerConfigError',
    says: 'exec format error',
  },
  {
    row: 'unschedulable',
    name: 'no node is big enough',
    pod: {
      scheduled: false,
      status: {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/1 nodes are available: 1 Insufficient cpu.',
            lastTransitionTime: at(0),
          },
        ],
      },
    },
    finalAt: 300,
    code: 'Unschedulable',
    says: '1 Insufficient cpu',
  },
  {
    row: 'unschedulable-scaling-up',
    name: 'an autoscaler that does not deliver',
    pod: {
      scheduled: false,
      status: {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/1 nodes are available',
            lastTransitionTime: at(0),
          },
        ],
      },
    },
    events: [event('TriggeredScaleUp', 'pod triggered scale-up: [{pool 1->2 (max: 3)}]', 10)],
    finalAt: 910,
    code: 'Unschedulable',
    says: 'the autoscaler has not brought one',
  },
  {
    row: 'start-timeout',
    name: 'a sandbox that is never made',
    pod: { coordinator: creating, worker: creating },
    events: [event('FailedCreatePodSandBox', 'Failed to create pod sandbox: plugin type="bridge" failed', 3)],
    finalAt: 600,
    code: 'StartTimeout',
    says: 'did not start in time',
  },
  {
    row: 'worker-out-of-memory',
    name: 'the worker is killed and the coordinator says nothing',
    pod: { coordinator: running, worker: ended(137, 'OOMKilled'), status: { phase: 'Running' } },
    finalAt: 60,
    code: 'OutOfMemory',
    says: 'worker used more memory than its limit',
  },
  {
    row: 'coordinator-crash-loop',
    name: 'a coordinator as sidecar that never stays up',
    pod: {
      coordinator: waiting('CrashLoopBackOff', 'back-off 40s restarting failed container=coordinator'),
      worker: running,
      restarts: 3,
      status: { phase: 'Running' },
    },
    finalAt: 0,
    code: 'CoordinatorLost',
    says: 'restarting failed container',
  },
  {
    row: 'service-crash-loop',
    name: 'a database that does not come up',
    pod: {
      status: {
        initContainerStatuses: [
          {
            name: 'db',
            image: 'db:1',
            imageID: '',
            ready: false,
            restartCount: 3,
            state: waiting('CrashLoopBackOff', 'back-off 40s restarting failed container=db'),
          },
        ],
      },
    },
    finalAt: 0,
    code: 'ContainerConfigError',
    says: 'the service db crashes again and again',
  },
  {
    row: 'coordinator-out-of-memory',
    name: 'the coordinator is killed',
    pod: { coordinator: ended(137, 'OOMKilled'), worker: running, status: { phase: 'Running' } },
    finalAt: 30,
    code: 'CoordinatorLost',
    says: 'coordinator used more memory than its limit',
  },
  {
    row: 'coordinator-lost',
    name: 'the coordinator crashes',
    pod: { coordinator: ended(1, 'Error'), worker: running, status: { phase: 'Running' } },
    finalAt: 30,
    code: 'CoordinatorLost',
    says: 'ended without a result',
  },
  {
    row: 'coordinator-lost',
    name: 'exit code 0 without a result is no success',
    pod: { coordinator: ended(0, 'Completed'), worker: ended(0, 'Completed'), status: { phase: 'Succeeded' } },
    finalAt: 30,
    code: 'CoordinatorLost',
    says: 'ended without a result',
  },
  {
    row: 'coordinator-lost',
    name: 'the result of another job is no result',
    pod: {
      coordinator: ended(
        0,
        'Completed',
        JSON.stringify({ version: 1, jobId: 'other', state: 'succeeded', lastSeq: 1 }),
      ),
      worker: ended(0, 'Completed'),
      status: { phase: 'Succeeded' },
    },
    finalAt: 30,
    code: 'CoordinatorLost',
    says: 'ended without a result',
  },
  {
    row: 'worker-lost',
    name: 'the worker ends and the coordinator says nothing',
    pod: { coordinator: running, worker: ended(1, 'Error'), status: { phase: 'Running' } },
    finalAt: 60,
    code: 'StreamLost',
    says: 'worker ended under the job',
  },
  {
    row: 'ended-without-result',
    name: 'a pod that failed before any container had a state',
    pod: { status: failed },
    finalAt: 0,
    code: 'CoordinatorLost',
    says: 'left no result',
  },
];
