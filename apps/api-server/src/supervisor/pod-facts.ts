import { containers } from '@danube/contract/names';
import type { ContainerState, Pod } from '@danube/k8s-client';

/** What the supervisor needs to know of a pod beside its diagnosis. */
export type PodFacts = {
  readonly uid: string;
  readonly isBeingDeleted: boolean;
  readonly coordinator: 'waiting' | 'running' | 'ended';
  /**
   * Whether the worker's command has begun at some time, as far as the status says. The status is up to a second late,
   * so that `false` proves something only while the pod is there.
   */
  readonly hasWorkerStarted: boolean;
  /** A node has it. */
  readonly isScheduled: boolean;
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
    isScheduled: pod.spec?.nodeName !== undefined,
    hasWorkerStarted: worker?.running !== undefined || (worker?.terminated !== undefined && !neverRan(worker)),
  };
};

const stateOf = (pod: Pod, name: string): ContainerState | undefined =>
  pod.status?.containerStatuses?.find((status) => status.name === name)?.state;

/** The runtime could not start the container at all: nothing in it ran. */
const neverRan = ({ terminated }: ContainerState): boolean =>
  terminated?.reason === 'StartError' || terminated?.reason === 'ContainerCannotRun';
