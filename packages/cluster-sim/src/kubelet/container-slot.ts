import type { ContainerSpec, ContainerState, ContainerStatus } from '../pods/pod-types.ts';
import type { ContainerLog } from './container-log.ts';
import type { ContainerProcess } from './container-process.ts';

/** Which part a container plays in its pod. */
export type ContainerRole = 'init' | 'sidecar' | 'main';

/** One container of a pod over all its restarts: what the kubelet knows of it. */
export interface ContainerSlot {
  readonly spec: ContainerSpec;
  readonly role: ContainerRole;
  state: ContainerState;
  lastState: ContainerState;
  restartCount: number;
  containerId: string | undefined;
  process: ContainerProcess | undefined;
  log: ContainerLog | undefined;
  previousLog: ContainerLog | undefined;
  /** The next end is reported as OOMKilled. */
  oomKilled: boolean;
}

/** A container that was not started yet. */
export const newSlot = (spec: ContainerSpec, role: ContainerRole, hasInit: boolean): ContainerSlot => ({
  spec,
  role,
  state: { waiting: { reason: hasInit && role === 'main' ? 'PodInitializing' : 'ContainerCreating' } },
  lastState: {},
  restartCount: 0,
  containerId: undefined,
  process: undefined,
  log: undefined,
  previousLog: undefined,
  oomKilled: false,
});

/** The slots of a pod, in the order in which they start. */
export const slotsOf = (spec: { containers: ContainerSpec[]; initContainers?: ContainerSpec[] }): ContainerSlot[] => {
  const inits = spec.initContainers ?? [];
  return [
    ...inits.map((container) => newSlot(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init', false)),
    ...spec.containers.map((container) => newSlot(container, 'main', inits.length > 0)),
  ];
};

/** What the API shows of a container. */
export const statusOfSlot = (slot: ContainerSlot): ContainerStatus => {
  const { spec, state } = slot;
  const running = state.running !== undefined;
  const image = spec.image ?? '';
  const known = slot.containerId !== undefined;
  return {
    name: spec.name,
    state,
    lastState: slot.lastState,
    ready: slot.role === 'init' ? state.terminated?.exitCode === 0 : running,
    restartCount: slot.restartCount,
    image: image.includes(':') || image.includes('@') ? image : `${image}:latest`,
    imageID: known ? `local/${image}` : '',
    ...(known ? { containerID: `process://${slot.containerId ?? ''}` } : {}),
    started: running,
  };
};
