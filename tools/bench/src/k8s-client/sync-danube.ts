import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';
import { type Kept, openClient, podInformer } from './pod-informer.ts';

const [kept = 'whole', warm] = process.argv.slice(2) as [Kept?, 'warm'?];

await using client = openClient();
// What the first request loads is no part of what a pod weighs, nor of the stalls of a list.
if (warm) await client.pods('danube-jobs').get('pod-000000');
const informer = podInformer(client, kept);

const emptyHeapBytes = heapBytes();
const stalls = watchForStalls();
await measureAndPrint(
  async () => {
    await informer.start().synced;
    return informer.store.size;
  },
  () => ({
    ...stalls.stop(),
    heapBytesPerObject: (heapBytes() - emptyHeapBytes) / informer.store.size,
  }),
);
await informer.stop();
