import { measureAndPrint } from '../programs/measure.ts';
import { ServerControl } from '../programs/server-control.ts';
import { type Kept, openClient, podInformer } from './pod-informer.ts';

const [total = '0', kept = 'whole'] = process.argv.slice(2) as [string?, Kept?];

await using client = openClient();
await using informer = podInformer(client, kept);
const control = new ServerControl();
const done = Promise.withResolvers<undefined>();
let left = Number(total);
informer.subscribe(({ type }) => {
  if (type === 'updated' && --left === 0) done.resolve(undefined);
});
await informer.start().synced;
await measureAndPrint(async () => {
  await control.burst(Number(total));
  await done.promise;
  return Number(total);
});
control.close();
