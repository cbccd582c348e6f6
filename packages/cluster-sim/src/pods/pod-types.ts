import type { KubeObject, ObjectMeta } from '../objects.ts';

/** The parts of a Pod that the simulator reads or writes; what else a client sends is stored untouched. */
export interface Pod extends KubeObject {
  metadata: ObjectMeta;
  spec: PodSpec;
  status: PodStatus;
}

/** `spec` of a pod. */
export interface PodSpec {
  [other: string]: unknown;
  containers: ContainerSpec[];
  initContainers?: ContainerSpec[];
  volumes?: VolumeSpec[];
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  hostname?: string;
  schedulerName?: string;
  securityContext?: { [other: string]: unknown; fsGroup?: number };
}

/** One container, main or init. */
export interface ContainerSpec {
  [other: string]: unknown;
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  volumeMounts?: VolumeMount[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  imagePullPolicy?: string;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string;
  lifecycle?: { preStop?: { exec?: { command?: string[] } } };
}

/** A variable of the environment. */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: FieldRef;
    resourceFieldRef?: { containerName?: string; resource: string; divisor?: string };
    configMapKeyRef?: KeyRef;
    secretKeyRef?: KeyRef;
  };
}

/** All keys of an object as variables. */
export interface EnvFromSource {
  prefix?: string;
  configMapRef?: { name: string; optional?: boolean };
  secretRef?: { name: string; optional?: boolean };
}

/** A key of a ConfigMap or Secret. */
export interface KeyRef {
  name: string;
  key: string;
  optional?: boolean;
}

/** A field of the pod, for the downward API. */
export interface FieldRef {
  fieldPath: string;
}

/** Where a volume appears in a container. */
export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
}

/** A file made from a key. */
export interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

/** A file made from a field. */
export interface DownwardItem {
  path: string;
  fieldRef?: FieldRef;
  resourceFieldRef?: { containerName?: string; resource: string };
}

/** One source of a projected volume. */
export interface ProjectedSource {
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
  downwardAPI?: { items?: DownwardItem[] };
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean };
  secret?: { name: string; items?: KeyToPath[]; optional?: boolean };
}

/** A volume. Sources that are not listed here leave the pod in ContainerCreating. */
export interface VolumeSpec {
  [other: string]: unknown;
  name: string;
  emptyDir?: { sizeLimit?: string };
  downwardAPI?: { items?: DownwardItem[] };
  projected?: { sources?: ProjectedSource[]; defaultMode?: number };
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean };
  secret?: { secretName: string; items?: KeyToPath[]; optional?: boolean };
  hostPath?: { path: string; type?: string };
}

/** `status` of a pod. */
export interface PodStatus {
  [other: string]: unknown;
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  reason?: string;
  message?: string;
  conditions?: PodCondition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  startTime?: string;
  podIP?: string;
  qosClass?: string;
}

/** A condition of a pod. */
export interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastProbeTime: null;
  lastTransitionTime: string;
}

/** State of a container: exactly one of the three is there. */
export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: TerminatedState;
}

/** How a container ended. */
export interface TerminatedState {
  exitCode: number;
  signal?: number;
  reason: string;
  message?: string;
  startedAt: string | null;
  finishedAt: string | null;
  containerID?: string;
}

/** Status of a container. */
export interface ContainerStatus {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  started: boolean;
}

/** The store holds pods as plain objects; defaults and validation made sure of their shape. */
export const asPod = (object: KubeObject): Pod => object as Pod;
