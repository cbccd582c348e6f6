import type { ClusterSim } from '@danube/cluster-sim';
import { type ExecClient, ExecStream, type ExecTarget, type Journal, type RunRef } from '@danube/exec-stream';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchCluster } from '../pod-builder/bench-cluster.ts';

/** A pod with a control directory for durable runs, and a way to it. */
export interface RunPlace extends AsyncDisposable {
  readonly name: 'simulator' | 'real node';
  readonly client: ExecClient;
  readonly target: ExecTarget;
  /** A run of this place that nobody has had. */
  readonly newRun: () => RunRef;
}

const DIRECTORY = '/danube';

/** Starts the simulator, or takes the cluster of `KUBECONFIG`. @throws BenchError `ReferenceMissing` without a cluster */
export const startRunPlace = async (name: RunPlace['name']): Promise<RunPlace> => {
  await using begun = new AsyncDisposableStack();
  const sim = name === 'simulator' ? begun.use(await startSim()) : undefined;
  const cluster = begun.use(await BenchCluster.open(sim && { KUBECONFIG: await kubeconfigOf(sim) }));
  const pods = cluster.client.pods(cluster.namespace);
  const pod = await pods.create(withDirectory(cluster));
  const podName = pod.metadata?.name ?? '';
  begun.defer(async () => {
    await cluster.deleteAndWait(podName, 0);
  });
  await pods.waitFor(podName, (now) => now?.status?.phase === 'Running', { timeoutMs: 60_000 });
  let runs = 0;
  const stack = begun.move();
  return {
    name,
    client: cluster.client,
    target: { namespace: cluster.namespace, pod: podName, container: 'main' },
    newRun: () => ({ id: `run-${runs++}`, dir: DIRECTORY }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

const startSim = async (): Promise<ClusterSim> => {
  const { startClusterSim } = await import('@danube/cluster-sim');
  return startClusterSim();
};

const kubeconfigOf = async (sim: ClusterSim): Promise<string> => {
  const path = join(sim.dataDir, 'bench-kubeconfig');
  await writeFile(path, sim.kubeconfig());
  return path;
};

const withDirectory = (cluster: BenchCluster) => {
  const pod = cluster.pod();
  const volumeMounts = [{ name: 'control', mountPath: DIRECTORY }];
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: (pod.spec?.containers ?? []).map((container) => ({ ...container, volumeMounts })),
      volumes: [{ name: 'control', emptyDir: {} }],
    },
  };
};

/** What a script prints. Rejects unless it ends with 0. */
export const shellText = async ({ client, target }: RunPlace, script: string): Promise<string> => {
  const session = new ExecStream(client).exec(target, ['sh', '-c', script]);
  session.stderr.resume();
  const text = (await session.stdout.toArray()).join('');
  const { code } = await session.result;
  if (code !== 0) throw new TypeError(`expected 0 of ${script}, got ${code}`);
  return text;
};

/** Reads a journal to its end. */
export const readAll = async (
  journal: Journal,
  take: (bytes: Buffer, stream: 'stdout' | 'stderr') => void,
): Promise<void> => {
  for await (const { stream, data } of journal) take(data, stream);
  const { code } = await journal.exit;
  if (code !== 0) throw new TypeError(`expected 0, got ${code}`);
};
