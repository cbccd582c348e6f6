import { measureAndPrint } from '../programs/measure.ts';
import { clientNodeConfig } from './client-node-config.ts';

await measureAndPrint(async () => {
  const { CoreV1Api, KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(clientNodeConfig());
  await config.makeApiClient(CoreV1Api).readNamespacedPod({ name: 'pod-000000', namespace: 'danube-jobs' });
  return 1;
});
process.exit(0);
