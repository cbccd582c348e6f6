import { measureAndPrint } from '../programs/measure.ts';

const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;

await measureAndPrint(async () => {
  const { KubeClient } = await import('@danube/k8s-client');
  const client = new KubeClient({ server, caPem, token: 'bench' });
  await client.pods('danube-jobs').get('pod-000000');
  return 1;
});
process.exit(0);
