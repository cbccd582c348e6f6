import { apiTime, omit } from '../objects.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../pods/pod-types.ts';
import { statusOfSlot, type ContainerSlot } from './container-slot.ts';

/** What the kubelet decided beyond the containers' own states. */
export interface Verdict {
  readonly phase: 'Failed';
  readonly reason: string;
  readonly message: string;
}

interface StatusInput {
  readonly pod: Pod;
  readonly slots: readonly ContainerSlot[];
  readonly verdict: Verdict | undefined;
  readonly startTime: Date;
  readonly now: Date;
}

type Phase = NonNullable<PodStatus['phase']>;

const willRestart = (pod: Pod, slot: ContainerSlot): boolean => {
  const { terminated } = slot.state;
  if (pod.metadata.deletionTimestamp !== undefined || terminated === undefined) return false;
  if (pod.spec.restartPolicy === 'Always') return slot.role === 'main';
  return pod.spec.restartPolicy === 'OnFailure' && terminated.exitCode !== 0;
};

/** The phase, from the states of the containers alone (kubelet_pods.go, getPhase). */
const phaseOf = (pod: Pod, slots: readonly ContainerSlot[]): Phase => {
  const inits = slots.filter(({ role }) => role === 'init');
  if (inits.some((slot) => (slot.state.terminated?.exitCode ?? 0) !== 0 && !willRestart(pod, slot))) return 'Failed';
  const mains = slots.filter(({ role }) => role === 'main');
  if (mains.some(({ state }) => state.running !== undefined)) return 'Running';
  if (mains.some((slot) => slot.state.waiting !== undefined && slot.lastState.terminated === undefined))
    return 'Pending';
  if (mains.some((slot) => slot.state.waiting !== undefined || willRestart(pod, slot))) return 'Running';
  const sidecarsLeft = slots.some(({ role, state }) => role === 'sidecar' && state.running !== undefined);
  if (sidecarsLeft) return 'Running';
  return mains.every(({ state }) => state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
};

const unready = (statuses: readonly ContainerStatus[]): string =>
  `containers with unready status: [${statuses
    .filter(({ ready }) => !ready)
    .map(({ name }) => name)
    .join(' ')}]`;

type ConditionInput = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Keeps the time of a condition that did not change, and conditions that are not the kubelet's. */
const withTimes = (inputs: readonly ConditionInput[], previous: readonly PodCondition[], now: Date): PodCondition[] => [
  ...inputs.map((input) => {
    const before = previous.find(({ type }) => type === input.type);
    const lastTransitionTime = before?.status === input.status ? before.lastTransitionTime : apiTime(now);
    return { ...input, lastProbeTime: null, lastTransitionTime };
  }),
  ...previous.filter((condition) => !inputs.some(({ type }) => type === condition.type)),
];

const conditionsOf = (input: StatusInput, phase: Phase, statuses: readonly ContainerStatus[]): PodCondition[] => {
  const { pod, slots } = input;
  const inits = slots.filter(({ role }) => role === 'init');
  const initialized = inits.every(({ state }) => state.terminated?.exitCode === 0);
  const done = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined;
  const ready = done === undefined && statuses.every((status) => status.ready) && phase === 'Running';
  const readiness = (type: string): ConditionInput => {
    if (ready) return { type, status: 'True' };
    if (done !== undefined) return { type, status: 'False', reason: done };
    return { type, status: 'False', reason: 'ContainersNotReady', message: unready(statuses) };
  };
  const init: ConditionInput = initialized
    ? { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) }
    : {
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${inits
          .filter(({ state }) => state.terminated?.exitCode !== 0)
          .map(({ spec }) => spec.name)
          .join(' ')}]`,
      };
  const started = slots.some((slot) => slot.containerId !== undefined) && done === undefined;
  return withTimes(
    [
      { type: 'PodReadyToStartContainers', status: started ? 'True' : 'False' },
      init,
      readiness('Ready'),
      readiness('ContainersReady'),
      { type: 'PodScheduled', status: 'True' },
    ],
    pod.status.conditions ?? [],
    input.now,
  );
};

/** The status that the kubelet reports for a pod. Pure: the same input gives the same status. */
export const podStatus = (input: StatusInput): PodStatus => {
  const { pod, slots, verdict, startTime } = input;
  const phase = verdict?.phase ?? phaseOf(pod, slots);
  const mains = slots.filter(({ role }) => role === 'main').map(statusOfSlot);
  const inits = slots.filter(({ role }) => role !== 'main').map(statusOfSlot);
  return {
    ...omit(pod.status, 'reason', 'message'),
    phase,
    ...(verdict === undefined ? {} : { reason: verdict.reason, message: verdict.message }),
    conditions: conditionsOf(input, phase, mains),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    startTime: apiTime(startTime),
    containerStatuses: mains,
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
  };
};
