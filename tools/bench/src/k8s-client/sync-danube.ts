import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';
import { type Kept, openClient, podInformer } from './pod-informer.ts';

const [kept = 'whole'] = process.argv.slice(2) as [Kept?];

await using client = openClient();
const informer = podInformer(client, kept);

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
