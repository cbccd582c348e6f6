import { BenchCluster } from '../pod-builder/bench-cluster.ts';
import { goReference } from '../programs/go-reference.ts';
import type { ExecPlace } from './exec-contenders.ts';

/** A pod on a real node. Nothing is pinned: the node's own work would be pinned with it. */
export type PodPlace = ExecPlace & AsyncDisposable & { readonly cluster: BenchCluster; readonly pod: string };

/** @throws BenchError `ReferenceMissing` without a cluster */
export const startPodPlace = async (progress: (line: string) => void): Promise<PodPlace> => {
  const program = await goReference(progress);
  const cluster = await BenchCluster.open();
  const pods = cluster.client.pods(cluster.namespace);
  const pod = (await pods.create(cluster.pod())).metadata?.name ?? '';
  await pods.waitFor(pod, (now) => now?.status?.phase === 'Running', { timeoutMs: 60_000 });
  return {
    program,
    cluster,
    pod,
    kubeconfig: process.env['KUBECONFIG'] ?? '',
    env: { BENCH_NAMESPACE: cluster.namespace, BENCH_POD: pod, BENCH_CONTAINER: 'main' },
    on: (argv) => argv,
    [Symbol.asyncDispose]: async () => {
      await cluster.deleteAndWait(pod, 0);
      await cluster[Symbol.asyncDispose]();
    },
  };
};
