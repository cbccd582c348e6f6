import { measureAndPrint } from '../programs/measure.ts';
import { ServerControl } from '../programs/server-control.ts';
import { clientNodeInformer } from './client-node-informer.ts';

const [total = '0'] = process.argv.slice(2);

const informer = clientNodeInformer();
const control = new ServerControl();
const done = Promise.withResolvers<undefined>();
let left = Number(total);
informer.on('update', () => {
  if (--left === 0) done.resolve(undefined);
});
await informer.start();
await measureAndPrint(async () => {
  await control.burst(Number(total));
  await done.promise;
  return Number(total);
});
process.exit(0);
