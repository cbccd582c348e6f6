import { containers } from '@danube/contract/names';
import type { ContainerState, ContainerStatus, CoreEvent, Pod, PodCondition } from '@danube/k8s-client';

/** A pod as the failure table looks at it: everything found once, every time in milliseconds. */
export type PodFacts = {
  readonly pod: Pod;
  readonly phase: string;
  /** The pod is not in the cluster any more; what is known of it is from before. */
  readonly gone: boolean;
  readonly nowMs: number;
  readonly containers: readonly ContainerFacts[];
  readonly conditions: readonly PodCondition[];
  /** Oldest first. */
  readonly events: readonly EventFacts[];
  readonly createdMs: number;
  readonly scheduledMs: number | undefined;
  /** When the grace of a deletion ends. */
  readonly deletionMs: number | undefined;
};

/** A container, its image as the pod asks for it, and its state. */
export type ContainerFacts = {
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly restarts: number;
  readonly ready: boolean;
  /** A native sidecar: the kubelet starts it again when it ends, as long as the worker runs. */
  readonly isSidecar: boolean;
};

/** An event: first and last time seen. */
export type EventFacts = {
  readonly reason: string;
  readonly message: string;
  readonly warning: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
};

/** What {@link podFacts} needs beside the pod. */
export type FactsInput = { readonly events?: readonly CoreEvent[]; readonly now: Date; readonly gone?: boolean };

/** Gathers the facts. Statuses of containers that Kubernetes has not written yet are empty, not missing. */
export const podFacts = (pod: Pod, { events = [], now, gone = false }: FactsInput): PodFacts => {
  const nowMs = now.getTime();
  const conditions = pod.status?.conditions ?? [];
  const scheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const createdMs = timeMs(pod.metadata?.creationTimestamp) ?? nowMs;
  return {
    pod,
    phase: pod.status?.phase ?? 'Pending',
    gone,
    nowMs,
    conditions,
    containers: containerFacts(pod),
    events: events
      .filter((event) => concerns(event, pod))
      .map(eventFacts)
      .sort((a, b) => a.firstMs - b.firstMs),
    createdMs,
    scheduledMs: scheduled === undefined ? undefined : (timeMs(scheduled.lastTransitionTime) ?? createdMs),
    deletionMs: timeMs(pod.metadata?.deletionTimestamp),
  };
};

/** Milliseconds of a time as the API writes it. */
export const timeMs = (text: string | undefined): number | undefined => {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
};

/** The coordinator's or the worker's facts. */
export const containerOf = (facts: PodFacts, name: keyof typeof containers): ContainerFacts | undefined =>
  facts.containers.find((container) => container.name === containers[name]);

const containerFacts = (pod: Pod): ContainerFacts[] => {
  const statuses = new Map<string, ContainerStatus>(
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((status) => [
      status.name,
      status,
    ]),
  );
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(
    ({ name, image = '', restartPolicy }) => {
      const status = statuses.get(name);
      return {
        name,
        image,
        state: status?.state ?? {},
        restarts: status?.restartCount ?? 0,
        ready: status?.ready ?? false,
        isSidecar: restartPolicy === 'Always',
      };
    },
  );
};

// An event names its pod by uid; an event of an earlier pod with this name is not about this one.
const concerns = (event: CoreEvent, pod: Pod): boolean => {
  const { uid, name } = event.involvedObject;
  return uid === undefined || pod.metadata?.uid === undefined ? name === pod.metadata?.name : uid === pod.metadata.uid;
};

const eventFacts = (event: CoreEvent): EventFacts => {
  const created = timeMs(event.metadata.creationTimestamp) ?? 0;
  const firstMs = timeMs(event.firstTimestamp) ?? timeMs(event.eventTime) ?? created;
  return {
    reason: event.reason ?? '',
    message: event.message ?? '',
    warning: event.type === 'Warning',
    firstMs,
    lastMs: timeMs(event.series?.lastObservedTime) ?? timeMs(event.lastTimestamp) ?? firstMs,
  };
};
