export { startClusterSim, type ClusterSim } from './cluster-sim.ts';
export type { ClusterSimOptions } from './options.ts';
export type { ImageEntry, ImageMap } from './kubelet/image.ts';
export type { Disturbances, PodName } from './disturbances.ts';
export type { CutKind, ExecLie, Fault, FaultAction, FaultMatch, FaultVerb } from './faults/fault.ts';
export type { FaultHandle, Faults } from './faults/fault-plan.ts';
export type { NodeCapacity } from './kubelet/node.ts';
export type { ExecProtocol } from './exec/protocol.ts';
export { SimError, type SimErrorCode } from './sim-error.ts';
