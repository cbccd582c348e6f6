import { openClient, podInformer } from './pod-informer.ts';
import { measureIdle } from './measure-idle.ts';

const [count = '0', idleMs = '0'] = process.argv.slice(2);

await using client = openClient();
const informers = Array.from({ length: Number(count) }, () => podInformer(client, 'projected').start());
await Promise.all(informers.map(({ synced }) => synced));
await measureIdle(Number(idleMs));
await Promise.all(informers.map((informer) => informer.stop()));
