import { durationMs, DEFAULT_JOB_TIMEOUT } from '@danube/contract';
import { COORDINATOR_IMAGE, JOBS_NAMESPACE } from '@danube/contract/names';
import type { ResourceRequirements } from '@danube/k8s-client';

/** ServiceAccount whose token the coordinator gets. */
export const COORDINATOR_ACCOUNT = 'danube-coordinator';

/** When the kubelet pulls an image. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

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
  /** Of both containers. Always set in the pod: the default of Kubernetes depends on the tag. @default 'IfNotPresent' */
  readonly imagePullPolicy?: ImagePullPolicy;
  /** Base URL of the api-server as pods reach it. Without it the coordinator works alone and logs to its own stdout. */
  readonly apiUrl?: string;
  /** Account of the coordinator's token; it must exist in the namespace. @default 'danube-coordinator' */
  readonly serviceAccountName?: string;
  /** A pod that writes more into `/workspace` is evicted, and its job ends as `WorkspaceFull`. @default '10Gi' */
  readonly workspaceSize?: string;
  /** Limit of the control volume, which holds the journals of the steps. @default '2Gi' */
  readonly controlSize?: string;
  /** Of the coordinator. It has no CPU limit by default: throttling would slow every log line. */
  readonly coordinatorResources?: ResourceRequirements;
  /**
   * Whether a pipeline may ask for `root: true`. Such a pod passes Pod Security `baseline` instead of `restricted`.
   * @default false
   */
  readonly allowRoot?: boolean;
  /**
   * Added to the job's timeout to give `activeDeadlineSeconds`, at which the cluster itself ends the pod.
   * It is the backstop for a lost coordinator, and has to cover the pull of the images. In seconds. @default 600
   */
  readonly deadlineMarginSeconds?: number;
  /** How long the coordinator may go on reporting after the pod was told to end. In seconds. @default 15 */
  readonly terminationGraceSeconds?: number;
};

/** The options with every default filled in. */
export type NormalJobPodOptions = Required<Omit<JobPodOptions, 'apiUrl'>> & Pick<JobPodOptions, 'apiUrl'>;

/** The only place with defaults. */
export const normalizeJobPodOptions = (options: JobPodOptions): NormalJobPodOptions => ({
  namespace: JOBS_NAMESPACE,
  owner: 'danube',
  coordinatorImage: COORDINATOR_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  serviceAccountName: COORDINATOR_ACCOUNT,
  workspaceSize: '10Gi',
  controlSize: '2Gi',
  coordinatorResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  allowRoot: false,
  deadlineMarginSeconds: 600,
  terminationGraceSeconds: 15,
  ...options,
});

/** Seconds after which the cluster ends a pod, whoever else is gone. */
export const deadlineSeconds = (timeout: string | undefined, marginSeconds: number): number =>
  Math.ceil(durationMs(timeout ?? DEFAULT_JOB_TIMEOUT) / 1000) + marginSeconds;
