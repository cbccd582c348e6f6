import type { Pipeline } from '@danube/contract';
import { containers, env, paths } from '@danube/contract/names';
import type { Container, ResourceRequirements } from '@danube/k8s-client';
import type { NormalJobPodOptions } from './job-pod-options.ts';
import { workerSecurity } from './security.ts';
import { sharedMounts } from './volumes.ts';

/** File in the control volume that holds the process id of the worker's idle loop: 1 in a pod, another in local mode. */
export const WORKER_PID_FILE = 'worker.pid';

/**
 * PID 1 of the worker: idle until told to end. TERM ends it at once (a plain `sleep` as PID 1 would ignore TERM and cost
 * the whole grace period), and because it sits in `wait` it reaps what the steps leave behind.
 * It asks /proc for its process id: Kubernetes makes one `$` of the two of `$$` in a container's command.
 */
export const idleLoop = [
  "trap 'kill $! 2>/dev/null; exit 0' TERM INT",
  `{ read -r pid rest </proc/self/stat && echo "$pid" >"$${env.control}/${WORKER_PID_FILE}"; } 2>/dev/null || :`,
  'while :; do sleep 86400 & wait $!; done',
].join('\n');

/** The container in which the steps run: the user's image, kept idle. */
export const workerContainer = (pipeline: Pipeline, options: NormalJobPodOptions): Container => ({
  name: containers.worker,
  image: pipeline.workerImage,
  imagePullPolicy: options.imagePullPolicy,
  command: ['/bin/sh', '-c', idleLoop],
  workingDir: paths.workspace,
  env: [
    { name: env.workspace, value: paths.workspace },
    { name: env.control, value: paths.control },
  ],
  resources: workerResources(pipeline, options.workerResources),
  volumeMounts: sharedMounts(),
  securityContext: workerSecurity(pipeline.root === true),
  terminationMessagePath: paths.terminationLog,
  terminationMessagePolicy: 'File',
});

// Requests and limits of the pipeline each replace those of the options.
const workerResources = ({ resources = {} }: Pipeline, fallback: ResourceRequirements): ResourceRequirements => ({
  ...fallback,
  ...(resources.requests === undefined ? {} : { requests: defined(resources.requests) }),
  ...(resources.limits === undefined ? {} : { limits: defined(resources.limits) }),
});

const defined = (quantities: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(quantities).filter((entry): entry is [string, string] => entry[1] !== undefined));
