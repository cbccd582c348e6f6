import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';
import { clientNodeInformer } from './client-node-informer.ts';

const informer = clientNodeInformer();

const emptyHeapBytes = heapBytes();
const stalls = watchForStalls();
await measureAndPrint(
  async () => {
    await informer.start();
    return informer.list().length;
  },
  () => ({
    ...stalls.stop(),
    heapBytesPerObject: (heapBytes() - emptyHeapBytes) / informer.list().length,
  }),
);
process.exit(0);
