import type { Informer, Pod } from '@danube/k8s-client';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient } = await import('@danube/k8s-client');

/** What a supervisor of job pods looks at. */
type Projection = { readonly name: string; readonly uid: string; readonly phase: string; readonly pipeline: string };

/** Whole objects, or the fields that a supervisor of job pods looks at. */
export type Kept = 'whole' | 'projected';

const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;

export const openClient = () => new KubeClient({ server, caPem, token: 'bench' });

/** An informer of all pods. What it keeps does not matter to those who only count. */
export const podInformer = (client: ReturnType<typeof openClient>, kept: Kept): Informer<Pod, unknown> => {
  if (kept === 'whole') return client.pods().informer<unknown>({ project: (pod) => pod });
  const pipelineOf = (pod: unknown) => [(pod as Projection).pipeline];
  const uidOf = (pod: unknown) => [(pod as Projection).uid];
  return client.pods().informer<unknown>({
    fields: { metadata: { labels: { pipeline: true } }, status: { phase: true } },
    project: ({ metadata, status }): Projection => ({
      name: metadata?.name ?? '',
      uid: metadata?.uid ?? '',
      phase: status?.phase ?? '',
      pipeline: metadata?.labels?.['pipeline'] ?? '',
    }),
    indexes: { pipeline: pipelineOf, uid: uidOf },
  });
};
