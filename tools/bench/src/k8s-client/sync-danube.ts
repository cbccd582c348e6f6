import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient } = await import('@danube/k8s-client');

const [keep = 'all'] = process.argv.slice(2);
const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;

await using client = new KubeClient({ server, caPem, token: 'bench' });

/** What a supervisor of job pods looks at. */
type Projection = { readonly name: string; readonly uid: string; readonly phase: string; readonly pipeline: string };

const informer =
  keep === 'projection'
    ? client.pods().informer<Projection>({
        project: ({ metadata, status }) => ({
          name: metadata?.name ?? '',
          uid: metadata?.uid ?? '',
          phase: status?.phase ?? '',
          pipeline: metadata?.labels?.['pipeline'] ?? '',
        }),
        indexes: { pipeline: ({ pipeline }) => [pipeline] },
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
