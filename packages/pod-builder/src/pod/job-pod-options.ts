import { DEFAULT_JOB_TIMEOUT, durationMs } from '@danube/contract';
import { COORDINATOR_IMAGE, JOBS_NAMESPACE } from '@danube/contract/names';
import type { PodSpec, ResourceRequirements } from '@danube/k8s-client';
import type { ExtraVolume, SecretEnv } from './extra-volume.ts';
import type { PodPatch } from './pod-patch.ts';
import type { ServiceContainer } from './service-container.ts';

/** ServiceAccount whose token the coordinator gets. */
export const COORDINATOR_ACCOUNT = 'danube-coordinator';

/** When the kubelet pulls an image. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** Where the pod may run, and how it is isolated there: fields of the pod spec, taken over as they are. */
export type Placement = Pick<
  PodSpec,
  | 'nodeSelector'
  | 'affinity'
  | 'tolerations'
  | 'topologySpreadConstraints'
  | 'priorityClassName'
  | 'schedulerName'
  | 'runtimeClassName'
  | 'hostUsers'
>;

/** What about a job pod is not the pipeline's to say. Everything is optional. */
export type JobPodOptions = {
  /** @default 'danube-jobs' */
  readonly namespace?: string;
  /**
   * Which Danube the pod belongs to, as a label. Give each its own when several share a namespace: orphan collection
   * looks only at its owner's pods. @default 'danube'
   */
  readonly owner?: string;
  /** Image of the coordinator; pin it by digest in production. @default 'danube-coordinator:latest' */
  readonly coordinatorImage?: string;
  /** Of every container. Always set in the pod: the default of Kubernetes depends on the tag. @default 'IfNotPresent' */
  readonly imagePullPolicy?: ImagePullPolicy;
  /** Names of Secrets with registry credentials. @default none */
  readonly imagePullSecrets?: readonly string[];
  /** Base URL of the api-server as pods reach it. Without it the coordinator works alone and logs to its own stdout. */
  readonly apiUrl?: string;
  /** Account of the coordinator's token; it must exist in the namespace. @default 'danube-coordinator' */
  readonly serviceAccountName?: string;
  /** A pod that writes more into `/workspace` is evicted, and its job ends as `WorkspaceFull`. @default '10Gi' */
  readonly workspaceSize?: string;
  /** `Memory` is fast and counts as memory of the worker. @default the disk of the node */
  readonly workspaceMedium?: 'Memory';
  /** Limit of the control volume, which holds the journals of the steps. @default '2Gi' */
  readonly controlSize?: string;
  /** Of the coordinator. It has no CPU limit by default: throttling would slow every log line. */
  readonly coordinatorResources?: ResourceRequirements;
  /** Of the worker, for pipelines that say nothing of their own. @default none */
  readonly workerResources?: ResourceRequirements;
  /** Volumes beside the workspace. @default none */
  readonly volumes?: readonly ExtraVolume[];
  /** Environment variables from keys of Secrets. The pod only names the Secret. @default none */
  readonly secretEnv?: readonly SecretEnv[];
  /** Databases and the like beside the worker. They are ready before it starts. Needs Kubernetes 1.29. @default none */
  readonly services?: readonly ServiceContainer[];
  /** Where the pod may run, and how it is isolated there. @default anywhere */
  readonly placement?: Placement;
  /** Further labels; not those of Danube. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Further annotations; not those of Danube. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * `containers`: coordinator and worker side by side; losing the coordinator ends the job. `sidecar`: the coordinator is
   * a native sidecar (Kubernetes 1.29), restarted by the kubelet when it dies, and goes on where it was.
   * @default 'containers'
   */
  readonly shape?: 'containers' | 'sidecar';
  /**
   * Whether a pipeline may ask for `root: true`. Such a pod passes Pod Security `baseline` instead of `restricted`.
   * @default false
   */
  readonly allowRoot?: boolean;
  /**
   * Names of the Kubernetes Secrets that pipelines may take secrets from; `*` allows every one in the namespace, those
   * with registry credentials among them. @default none
   */
  readonly allowedSecrets?: readonly string[];
  /**
   * Added to the job's timeout to give `activeDeadlineSeconds`, at which the cluster itself ends the pod.
   * It is the backstop for a lost coordinator, and has to cover the pull of the images. In seconds. @default 600
   */
  readonly deadlineMarginSeconds?: number;
  /** How long the coordinator may go on reporting after the pod was told to end. In seconds. @default 15 */
  readonly terminationGraceSeconds?: number;
  /**
   * Laid over the finished pod: maps are merged, containers, volumes, mounts and variables are merged by name, other
   * lists are replaced, null removes. What the rest of Danube relies on cannot be patched. @default nothing
   */
  readonly patch?: PodPatch;
};

type WithoutDefault = 'apiUrl' | 'workspaceMedium' | 'patch';

/** The options with every default filled in. */
export type NormalJobPodOptions = Required<Omit<JobPodOptions, WithoutDefault>> & Pick<JobPodOptions, WithoutDefault>;

/** The only place with defaults. */
export const normalizeJobPodOptions = (options: JobPodOptions): NormalJobPodOptions => ({
  namespace: JOBS_NAMESPACE,
  owner: 'danube',
  coordinatorImage: COORDINATOR_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  serviceAccountName: COORDINATOR_ACCOUNT,
  workspaceSize: '10Gi',
  controlSize: '2Gi',
  coordinatorResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  workerResources: {},
  volumes: [],
  secretEnv: [],
  services: [],
  placement: {},
  labels: {},
  annotations: {},
  shape: 'containers',
  allowRoot: false,
  allowedSecrets: [],
  deadlineMarginSeconds: 600,
  terminationGraceSeconds: 15,
  ...options,
});

/** Seconds after which the cluster ends a pod, whoever else is gone. */
export const deadlineSeconds = (timeout: string | undefined, marginSeconds: number): number =>
  Math.ceil(durationMs(timeout ?? DEFAULT_JOB_TIMEOUT) / 1000) + marginSeconds;
