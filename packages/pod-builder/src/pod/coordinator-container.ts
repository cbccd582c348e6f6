import type { Pipeline } from '@danube/contract';
import { containers, env, paths } from '@danube/contract/names';
import type { Container, EnvVar } from '@danube/k8s-client';
import type { NormalJobPodOptions } from './job-pod-options.ts';
import { coordinatorSecurity } from './security.ts';
import { coordinatorMounts, sharedMounts } from './volumes.ts';

/** The container that drives the steps. It runs what its image runs. */
export const coordinatorContainer = (podName: string, pipeline: Pipeline, options: NormalJobPodOptions): Container => ({
  name: containers.coordinator,
  image: options.coordinatorImage,
  imagePullPolicy: options.imagePullPolicy,
  env: coordinatorEnv(podName, options),
  resources: options.coordinatorResources,
  volumeMounts: [...sharedMounts(), ...coordinatorMounts(pipeline)],
  securityContext: coordinatorSecurity(),
  terminationMessagePath: paths.terminationLog,
  terminationMessagePolicy: 'File',
});

// Every path comes from the environment, because local mode puts the volumes elsewhere.
const coordinatorEnv = (podName: string, options: NormalJobPodOptions): EnvVar[] =>
  Object.entries({
    [env.workspace]: paths.workspace,
    [env.control]: paths.control,
    [env.jobSpec]: paths.jobSpec,
    [env.terminationLog]: paths.terminationLog,
    ...(options.apiUrl === undefined ? {} : { [env.apiUrl]: options.apiUrl }),
    [env.tokenFile]: paths.danubeToken,
    [env.serviceAccount]: paths.serviceAccount,
    [env.secrets]: paths.secrets,
    [env.keptSecrets]: paths.keptSecrets,
    [env.podName]: podName,
    [env.podNamespace]: options.namespace,
  }).map(([name, value]) => ({ name, value }));
