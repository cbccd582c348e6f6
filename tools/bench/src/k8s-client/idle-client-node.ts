import { clientNodeInformer } from './client-node-informer.ts';
import { measureIdle } from './measure-idle.ts';

const [count = '0', idleMs = '0'] = process.argv.slice(2);

await Promise.all(Array.from({ length: Number(count) }, () => clientNodeInformer().start()));
await measureIdle(Number(idleMs));
process.exit(0);
