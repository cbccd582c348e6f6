import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { measureAndPrint, repeat } from '../programs/measure.ts';
import { clientNodeConfig } from './client-node-config.ts';

const [total = '0', concurrency = '1'] = process.argv.slice(2);

const config = new KubeConfig();
config.loadFromString(clientNodeConfig());
const api = config.makeApiClient(CoreV1Api);
const call = { name: 'pod-000000', namespace: 'danube-jobs' };
await api.readNamespacedPod(call);
await measureAndPrint(() => repeat(Number(total), Number(concurrency), () => api.readNamespacedPod(call)));
process.exit(0); // it keeps its connections open
