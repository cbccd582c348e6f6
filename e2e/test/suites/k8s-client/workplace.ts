import {
  type ClusterConfig,
  type ConfigMap,
  KubeClient,
  type KubeClientOptions,
  type KubeObject,
  type Pod,
} from '@danube/k8s-client';
import { randomUUID } from 'node:crypto';

/** What the suite needs of the cluster it runs on. */
export type ClientCluster = {
  readonly client: () => KubeClient;
  /** An image whose `sh` and `sleep` work. */
  readonly image: string;
};

/** Who a further client is, and where it finds the cluster. */
export type Other = Partial<Pick<ClusterConfig, 'server' | 'token' | 'impersonate'>>;

/** A cluster with a namespace that the suite has for itself. */
export type Workplace = ClientCluster & {
  readonly namespace: string;
  /** A further client of the cluster: as the same administrator, unless it is told who it is. */
  readonly connect: (other?: Other, options?: KubeClientOptions) => KubeClient;
};

/** The cluster with a new namespace's name. */
export const workplaceOn = (cluster: ClientCluster): Workplace => ({
  ...cluster,
  namespace: unique('k8s-client'),
  connect: (other = {}, options = {}) => {
    const { clientCertPem, clientCertFile, clientKeyPem, clientKeyFile, ...config } = cluster.client().config;
    const certificate = { clientCertPem, clientCertFile, clientKeyPem, clientKeyFile };
    const given = Object.fromEntries(Object.entries(certificate).filter(([, value]) => value !== undefined));
    return new KubeClient({ ...config, ...(other.token === undefined ? given : {}), ...other }, options);
  },
});

/** A name that nothing else has. */
export const unique = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 8)}`;

/** A ConfigMap to be created. */
export const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap => ({ metadata: { name, labels }, data });

/** A pod whose container `main` runs a shell script, and ends at once when it is deleted. */
export const shellPod = (image: string, name: string, script: string): Pod => ({
  metadata: { name, labels: { suite: 'k8s-client', app: name } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image, command: ['/bin/sh', '-c', script] }],
  },
});

/** A script that does nothing until it is told to end. */
export const IDLE = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";

/** What a promise is rejected with. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

/** All bytes as text. */
export const collect = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
};

/** The names of objects, in their order. */
export const namesOf = (objects: readonly KubeObject[]): (string | undefined)[] =>
  objects.map(({ metadata }) => metadata?.name);

/** Resolves when it holds. The test's own time limit ends a wait in vain. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
};
