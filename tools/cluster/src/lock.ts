import { connect, createServer, type Server } from 'node:net';
import { ClusterError } from './errors.ts';
import { poll } from './poll.ts';
import type { Progress } from './progress.ts';

/** What {@link withLock} may be told. */
export type LockOptions = { readonly name: string; readonly progress: Progress; readonly timeoutMs: number };

/**
 * Does something while no other process does it under the same name. The lock is a socket in the kernel's abstract
 * namespace, which ends with its process, however that ends: there is no lock file to go stale.
 */
export const withLock = async <T>({ name, progress, timeoutMs }: LockOptions, work: () => Promise<T>): Promise<T> => {
  const address = `\0danube-cluster/${name}`;
  let told = false;
  const server = await poll(
    async () => {
      const mine = await tryListen(address);
      if (mine === undefined && !told) {
        told = true;
        progress(`waiting for process ${await holderOf(address)}, which holds the lock "${name}"`);
      }
      return mine;
    },
    { timeoutMs, everyMs: 100 },
  );
  if (server === undefined)
    throw new ClusterError('Busy', `process ${await holderOf(address)} holds the lock "${name}"`);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
};

/** The lock's server, which tells everybody who asks its process id. */
const tryListen = (address: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });

const holderOf = (address: string): Promise<string> =>
  new Promise((resolve) => {
    let pid = '';
    const socket = connect(address).setEncoding('utf8');
    socket.on('data', (text: string) => {
      pid += text;
    });
    socket.once('error', () => resolve('that has just ended'));
    socket.once('end', () => resolve(pid));
  });
