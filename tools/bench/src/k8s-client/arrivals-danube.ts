import { once } from 'node:events';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient, loadConfig } = await import('@danube/k8s-client');

await using client = new KubeClient(await loadConfig({ env: process.env }));
await using informer = client.pods(process.env['BENCH_NAMESPACE']).informer();
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

informer.subscribe(({ type, object }) => {
  const atMs = performance.timeOrigin + performance.now();
  if (type === 'updated') say({ version: object.metadata?.resourceVersion, atMs });
});
await informer.start().synced;
say({ synced: true });
await once(process.stdin.resume(), 'end');
