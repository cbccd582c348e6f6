import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient } = await import('@danube/k8s-client');

const [kept = 'whole'] = process.argv.slice(2);
const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;

await using client = new KubeClient({ server, caPem, token: 'bench' });

/** What a supervisor of job pods looks at. */
type Projection = { readonly name: string; readonly uid: string; readonly phase: string; readonly pipeline: string };

const informer =
  kept === 'projected'
    ? client.pods().informer<Projection>({
        fields: { metadata: { labels: { pipeline: true } }, status: { phase: true } },
        project: ({ metadata, status }) => ({
          name: metadata?.name ?? '',
          uid: metadata?.uid ?? '',
          phase: status?.phase ?? '',
          pipeline: metadata?.labels?.['pipeline'] ?? '',
        }),
        indexes: { pipeline: ({ pipeline }) => [pipeline], uid: ({ uid }) => [uid] },
      })
    : client.pods().informer();

const emptyHeapBytes = heapBytes();
const stalls = watchForStalls();
await measureAndPrint(
  async () => {
    await informer.start().synced;
    return informer.store.size;
  },
  () => ({
    longestStallMs: stalls.stop(),
    heapBytesPerObject: (heapBytes() - emptyHeapBytes) / informer.store.size,
  }),
);
await informer.stop();
