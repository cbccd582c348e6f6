import { CoreV1Api, KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { heapBytes, measureAndPrint, watchForStalls } from '../programs/measure.ts';
import { clientNodeConfig } from './client-node-config.ts';

const config = new KubeConfig();
config.loadFromString(clientNodeConfig());
const api = config.makeApiClient(CoreV1Api);
const informer = makeInformer<V1Pod>(config, '/api/v1/pods', () => api.listPodForAllNamespaces());

const emptyHeapBytes = heapBytes();
const stalls = watchForStalls();
await measureAndPrint(
  async () => {
    await informer.start();
    return informer.list().length;
  },
  () => ({
    longestStallMs: stalls.stop(),
    heapBytesPerObject: (heapBytes() - emptyHeapBytes) / informer.list().length,
  }),
);
process.exit(0);
