/**
 * The names that cross a process: what the pod says, what the coordinator reads, what people select by.
 * This door has no dependency, so that code which only needs a name does not load the schemas.
 */

/** Namespace of job pods. */
export const JOBS_NAMESPACE = 'danube-jobs';
/** Namespace of Danube's own services. */
export const SYSTEM_NAMESPACE = 'danube-system';
/** Default image of the coordinator container. */
export const COORDINATOR_IMAGE = 'danube-coordinator:latest';
/** Audience of the projected token with which a coordinator shows the api-server who it is. */
export const TOKEN_AUDIENCE = 'danube';
/** Annotation of the pod that carries the job spec as JSON; the downward API shows it to the coordinator as a file. */
export const JOB_SPEC_ANNOTATION = 'danube.dev/job-spec';

/** Names of the two containers of a job pod. */
export const containers = { coordinator: 'coordinator', worker: 'worker' } as const;

/** Label keys of a job pod. `app` is always `danube`. */
export const labels = { app: 'app', jobId: 'job-id', pipeline: 'pipeline' } as const;

/** Where volumes are mounted. Read them from {@link env} in a process: local mode puts them elsewhere. */
export const paths = {
  workspace: '/workspace',
  control: '/danube',
  jobSpec: '/etc/danube/job.json',
  danubeToken: '/var/run/secrets/danube/token',
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
  secrets: '/var/run/secrets/danube-job',
  keptSecrets: '/var/run/secrets/danube-job-kept',
  terminationLog: '/dev/termination-log',
} as const;

/** Environment variables of the coordinator container. All hold a path unless the name says otherwise. */
export const env = {
  workspace: 'DANUBE_WORKSPACE',
  control: 'DANUBE_CONTROL',
  jobSpec: 'DANUBE_JOB_SPEC',
  terminationLog: 'DANUBE_TERMINATION_LOG',
  /** Base URL of the api-server. Unset: the coordinator works alone and logs to its own stdout. */
  apiUrl: 'DANUBE_API_URL',
  tokenFile: 'DANUBE_TOKEN_FILE',
  /** Directory with `token`, `ca.crt` and `namespace` for the Kubernetes API. */
  serviceAccount: 'DANUBE_SERVICE_ACCOUNT',
  /** Directory with the secrets of the job, a file for each, named after it. */
  secrets: 'DANUBE_SECRETS',
  /** Directory in memory where values that secrets have had outlive the coordinator's process. */
  keptSecrets: 'DANUBE_KEPT_SECRETS',
  /** Most bytes of one stream of a step that wait for the api-server. @default 128 MiB */
  journalBytes: 'DANUBE_JOURNAL_BYTES',
  podName: 'DANUBE_POD_NAME',
  podNamespace: 'DANUBE_POD_NAMESPACE',
} as const;

/** Name of the pod that runs a job. Deterministic, so that creating it twice cannot make two pods. */
export const podName = (jobId: string): string => `job-${jobId}`;
