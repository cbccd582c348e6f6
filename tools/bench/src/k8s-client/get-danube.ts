import { measureAndPrint, repeat } from '../programs/measure.ts';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient } = await import('@danube/k8s-client');

const [total = '0', concurrency = '1'] = process.argv.slice(2);
const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;

await using client = new KubeClient({ server, caPem, token: 'bench' });
const pods = client.pods('danube-jobs');
await pods.get('pod-000000');
await measureAndPrint(() => repeat(Number(total), Number(concurrency), () => pods.get('pod-000000')));
