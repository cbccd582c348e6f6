import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ConfigError } from '../errors/failures.ts';
import type { ClusterConfig, Env } from './cluster-config.ts';
import { contextConfig } from './context-config.ts';
import { inClusterConfig, looksInCluster } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** Which cluster, as which user. */
export type LoadConfigOptions = {
  /** Path of a kubeconfig; wins over everything else. */
  readonly kubeconfig?: string;
  /** Name of a context in the kubeconfig. @default its current-context */
  readonly context?: string;
  /** Environment to look at. @default process.env */
  readonly env?: Env;
};

/**
 * Finds the cluster to talk to: an explicit `kubeconfig`, else `KUBECONFIG` (several files: the first entry of a name
 * wins), else the service account of the pod this runs in, else `~/.kube/config`. The first that is there is used; if
 * it is broken, that is an error, and never a silent step to the next.
 * @throws ConfigInvalid naming the file and field, or saying that there is no configuration at all.
 * @example
 * const client = new KubeClient(await loadConfig());
 */
export const loadConfig = async (options: LoadConfigOptions = {}): Promise<ClusterConfig> => {
  const env = options.env ?? process.env;
  if (options.kubeconfig !== undefined) return fromFiles([options.kubeconfig], options.context);
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return fromFiles(listed, options.context);
  if (options.context === undefined && (await looksInCluster({ env }))) return inClusterConfig({ env });
  const file = join(env['HOME'] ?? homedir(), '.kube', 'config');
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists) return fromFiles([file], options.context);
  throw new ConfigError(`no cluster is configured: KUBECONFIG is not set, ${file} does not exist, and this is no pod`, {
    hint: 'set KUBECONFIG to a kubeconfig file',
  });
};

const fromFiles = async (paths: readonly string[], context: string | undefined): Promise<ClusterConfig> =>
  contextConfig(await readKubeconfig(paths), context);
