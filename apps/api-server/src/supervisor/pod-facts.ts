import { containers } from '@danube/contract/names';
import type { ContainerState, Pod } from '@danube/k8s-client';

/** What the supervisor needs to know of a pod beside its diagnosis. */
export type PodFacts = {
  readonly uid: string;
  readonly isBeingDeleted: boolean;
  readonly coordinator: 'waiting' | 'running' | 'ended';
  /** The worker's command has begun at some time: steps may have run. */
  readonly hasWorkerStarted: boolean;
};

/** Reads the facts of a pod. */
export const podFacts = (pod: Pod): PodFacts => {
  const coordinator = stateOf(pod, containers.coordinator);
  const worker = stateOf(pod, containers.worker);
  const isPodOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const isCoordinatorUp = coordinator?.running !== undefined;
  return {
    uid: pod.metadata?.uid ?? '',
    isBeingDeleted: pod.metadata?.deletionTimestamp !== undefined,
    coordinator: coordinator?.terminated !== undefined || isPodOver ? 'ended' : isCoordinatorUp ? 'running' : 'waiting',
    hasWorkerStarted: worker?.running !== undefined || worker?.terminated !== undefined,
  };
};

const stateOf = (pod: Pod, name: string): ContainerState | undefined =>
  pod.status?.containerStatuses?.find((status) => status.name === name)?.state;
