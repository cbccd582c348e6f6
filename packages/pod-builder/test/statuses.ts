import type { Pipeline } from '@danube/contract';
import type { CoreEvent, Pod } from '@danube/k8s-client';
import { buildJobPod } from '../src/pod/build-job-pod.ts';

/** The moment at which every recorded pod was scheduled. */
export const t0 = Date.parse('2026-11-23T10:00:00Z');
/** `seconds` after it, as the API writes times. */
export const at = (seconds: number): string => new Date(t0 + seconds * 1000).toISOString().replace('.000Z', 'Z');
/** `seconds` after it, as a date. */
export const now = (seconds: number): Date => new Date(t0 + seconds * 1000);

const pipeline: Pipeline = { id: 'p', workerImage: 'registry.invalid/x:1', steps: [{ name: 's', run: 'true' }] };

type Status = NonNullable<Pod['status']>;
type State = NonNullable<NonNullable<Status['containerStatuses']>[number]['state']>;

/** What a recorded pod says, in the order in which people think of it. */
export type Recorded = {
  readonly coordinator?: State;
  readonly worker?: State;
  readonly status?: Partial<Status>;
  readonly metadata?: Partial<NonNullable<Pod['metadata']>>;
  /** @default true */
  readonly scheduled?: boolean;
  /** Of both containers. @default 0 */
  readonly restarts?: number;
};

export const running: State = { running: { startedAt: at(2) } };
export const creating: State = { waiting: { reason: 'ContainerCreating' } };
export const waiting = (reason: string, message?: string): State => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});
export const ended = (exitCode: number, reason: string, message?: string): State => ({
  terminated: { exitCode, reason, startedAt: at(2), finishedAt: at(30), ...(message === undefined ? {} : { message }) },
});

/** A job pod with a status as the kubelet writes it. */
export const recordedPod = ({
  coordinator,
  worker,
  status,
  metadata,
  scheduled = true,
  restarts = 0,
}: Recorded): Pod => {
  const services = (status?.initContainerStatuses ?? []).map(({ name, image }) => ({ name, image }));
  const pod = buildJobPod({ id: '7f3a', attempt: 1 }, pipeline, { services });
  const statusOf = (name: string, image: string, state: State | undefined) =>
    state === undefined
      ? []
      : [
          {
            name,
            image,
            imageID: '',
            ready: state.running !== undefined,
            restartCount: restarts,
            state,
            started: false,
          },
        ];
  return {
    ...pod,
    metadata: { ...pod.metadata, uid: 'uid-1', resourceVersion: '1', creationTimestamp: at(0), ...metadata },
    spec: scheduled ? { ...pod.spec, nodeName: 'node-1' } : pod.spec,
    status: {
      phase: 'Pending',
      conditions: scheduled ? [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(0) }] : [],
      containerStatuses: [
        ...statusOf('coordinator', 'danube-coordinator:latest', coordinator),
        ...statusOf('worker', 'registry.invalid/x:1', worker),
      ],
      ...status,
    },
  };
};

/** An event about the recorded pod. */
export const event = (reason: string, message: string, seconds = 1): CoreEvent => ({
  metadata: { name: `job-7f3a.${reason}`, namespace: 'danube-jobs' },
  involvedObject: { kind: 'Pod', name: 'job-7f3a', uid: 'uid-1' },
  type: ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'TriggeredScaleUp'].includes(reason)
    ? 'Normal'
    : 'Warning',
  reason,
  message,
  firstTimestamp: at(seconds),
  lastTimestamp: at(seconds),
});

/** What a coordinator leaves. */
export const result = (state: 'succeeded' | 'failed' | 'cancelled' | 'error', reason?: object): string =>
  JSON.stringify({ version: 1, jobId: '7f3a', state, lastSeq: 9, ...(reason === undefined ? {} : { reason }) });
