import { Writable } from 'node:stream';
import { Exec, KubeConfig } from '@kubernetes/client-node';
import { clientNodeConfig } from '../k8s-client/client-node-config.ts';
import { measureExecs } from './measure-execs.ts';
import { execTarget, parseWork } from './exec-work.ts';

const config = new KubeConfig();
if (process.env['KUBECONFIG'] === undefined) config.loadFromString(clientNodeConfig());
else config.loadFromDefault();
const exec = new Exec(config);
const { namespace, pod, container } = execTarget;

/** Believes the status, as its users do; output can still be under way then, so the end is the close. */
await measureExecs(parseWork(process.argv.slice(2)), async (command, take) => {
  const stdout = new Writable({
    write: (bytes: Buffer, _, callback) => void Promise.resolve(take(bytes)).then(() => callback(), callback),
  });
  const stderr = new Writable({ write: (_, __, callback) => callback() });
  const words = [...command];
  await new Promise<void>((resolve, reject) => {
    let status = '';
    exec
      .exec(namespace, pod, container, words, stdout, stderr, null, false, (body) => (status = body.status ?? ''))
      .then((socket) => {
        socket.on('close', () => (status === 'Success' ? resolve() : reject(new TypeError(`got "${status}"`))));
      }, reject);
  });
});
process.exit(0); // it may keep sockets open
