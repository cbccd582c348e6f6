import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { nodeStatus } from './control-client.ts';
import { dnsDeploymentPath, dnsObjects } from './dns.ts';
import { ClusterError } from './errors.ts';
import type { Layout } from './layout.ts';
import { NODE_NAME } from './network.ts';
import { poll } from './poll.ts';
import type { Progress } from './progress.ts';
import { tail } from './run.ts';

/** What waiting needs. */
export type HealthInput = {
  readonly api: Api;
  readonly layout: Layout;
  readonly dnsImage: string;
  readonly progress: Progress;
  /** Whether the cluster's process tree still runs. */
  readonly isAlive: () => boolean;
  readonly timeoutMs: number;
};

/**
 * Waits until the cluster is of use: the node is Ready, pods can be made (the default service account exists), the
 * images are there (a pod that comes earlier waits 10 s in ImagePullBackOff), and names resolve.
 */
export const waitUsable = async (input: HealthInput): Promise<void> => {
  const { api, layout, dnsImage } = input;
  await stage(input, 'API server ready', async () => (await api.get('/readyz')).status === 200);
  for (const { path, object } of dnsObjects(dnsImage)) {
    await stage(input, undefined, async () => [200, 201].includes((await api.apply(path, object)).status));
  }
  await stage(input, 'node Ready', async () => nodeIsReady((await api.get(`/api/v1/nodes/${NODE_NAME}`)).body));
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await stage(input, 'pods can be made', async () => (await api.get(account)).status === 200);
  await stage(input, 'images imported', async () => (await imagesLeft(layout)) === 0);
  await stage(input, 'DNS ready', async () => deploymentIsAvailable((await api.get(dnsDeploymentPath)).body));
};

const stage = async (input: HealthInput, name: string | undefined, done: () => Promise<boolean>): Promise<void> => {
  const { timeoutMs, isAlive, layout, progress } = input;
  const reached = await poll(async () => (await done()) || undefined, { timeoutMs, until: () => !isAlive() });
  if (reached !== true) {
    const why = isAlive() ? `not within ${timeoutMs / 1000} s: ${name ?? 'applying DNS'}` : 'its processes ended';
    const last = tail(await readFile(join(layout.logs, 'node.log'), 'utf8').catch(() => ''), 1);
    throw new ClusterError('StartFailed', `${why} (logs: ${layout.logs}/*.log, the end of node.log: ${last})`);
  }
  if (name !== undefined) progress(name);
};

const imagesLeft = async (layout: Layout): Promise<number> => {
  const status = await nodeStatus(layout.controlSocket);
  if (status === undefined || !status.images.done) return 1;
  if (status.images.failed.length === 0) return 0;
  throw new ClusterError('StartFailed', `these images were not imported: ${status.images.failed.join(', ')}`);
};

const nodeIsReady = (node: unknown): boolean => {
  const conditions = (node as { status?: { conditions?: { type: string; status: string }[] } } | undefined)?.status
    ?.conditions;
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
};

const deploymentIsAvailable = (deployment: unknown): boolean =>
  ((deployment as { status?: { availableReplicas?: number } } | undefined)?.status?.availableReplicas ?? 0) > 0;
