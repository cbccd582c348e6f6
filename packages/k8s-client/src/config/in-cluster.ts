import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors/failures.ts';
import type { ClusterConfig, Env } from './cluster-config.ts';

/** Where kubelet puts the token, the CA and the namespace of a pod's service account. */
export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where to look for what a pod is given. */
export type InClusterOptions = {
  /** Directory with `token`, `ca.crt` and `namespace`. @default '/var/run/secrets/kubernetes.io/serviceaccount' */
  readonly dir?: string;
  /** Has KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. @default process.env */
  readonly env?: Env;
};

/**
 * Configuration of a process in a pod, from the service account that kubelet mounts.
 * The token and the CA are read by path at each use, so that their rotation is followed.
 * @throws ConfigInvalid when the variables or the files are not there: this process is not in a pod, or the pod has
 * `automountServiceAccountToken: false`.
 */
export const inClusterConfig = async (options: InClusterOptions = {}): Promise<ClusterConfig> => {
  const dir = options.dir ?? SERVICE_ACCOUNT_DIR;

  const env = options.env ?? process.env;
  const host = required(env, 'KUBERNETES_SERVICE_HOST');
  const port = required(env, 'KUBERNETES_SERVICE_PORT');
  if (!/^\d{1,5}$/.test(port)) throw new ConfigError(`KUBERNETES_SERVICE_PORT: expected a port number, got "${port}"`);
  const tokenFile = join(dir, 'token');
  await readable(tokenFile);
  const caFile = join(dir, 'ca.crt');
  await readable(caFile);
  const namespace = await readFile(join(dir, 'namespace'), 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caFile,
    tokenFile,
    source: 'in-cluster',
    ...(namespace === '' ? {} : { namespace }),
  };
};

/** Whether this process looks like one in a pod. */
export const looksInCluster = async (options: InClusterOptions = {}): Promise<boolean> => {
  const env = options.env ?? process.env;
  if (!env['KUBERNETES_SERVICE_HOST'] || !env['KUBERNETES_SERVICE_PORT']) return false;
  return stat(join(options.dir ?? SERVICE_ACCOUNT_DIR, 'token')).then(
    () => true,
    () => false,
  );
};

const required = (env: Env, name: string): string => {
  const value = env[name]?.trim();
  if (value === undefined || value === '') {
    throw new ConfigError(`${name} is not set`, {
      hint: 'this process does not run in a pod: give a kubeconfig instead',
    });
  }
  return value;
};

const readable = async (path: string): Promise<void> => {
  await stat(path).catch((error: unknown) => {
    throw new ConfigError(`cannot read ${path}`, {
      cause: error,
      hint: 'mount a service account token into the pod, or give a kubeconfig',
    });
  });
};
