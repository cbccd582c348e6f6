import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { ClusterError, messageOf } from './errors.ts';
import { identityOf } from './host-process.ts';
import { layoutOf } from './layout.ts';
import { writeRecord } from './record.ts';
import type { Settings } from './settings.ts';

/** What {@link launch} starts. */
export type LaunchInput = {
  readonly settings: Settings;
  readonly description: string;
  /** Files to which the process's id is written to put it into the cluster's cgroups. */
  readonly cgroupFiles: readonly string[];
};

/** Flags of unshare(1): every namespace that a node has of its own, ended by the end of unshare itself. */
export const namespaceFlags = [
  '--mount',
  '--net',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
  '--propagation',
  'private',
];

// The launcher does nothing before it is told to go on; if this process dies first, it reads the end and ends.
const launcher = 'read -r go || exit 1; exec "$@" </dev/null';
// PID 1 has to reap orphans, which Node does not: a shell waits, Node works.
const init = '"$@" & wait "$!"';

const innerMain = join(import.meta.dirname, 'inner/main.ts');

/** Opens the port of the API server on 127.0.0.1, so that its number is known before anything starts. */
export const openPort = async (port: number): Promise<{ server: Server; port: number }> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ClusterError('PortInUse', messageOf(error), { cause: error })));
    server.listen(port, '127.0.0.1', 511, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
};

/** Starts the cluster's process tree in namespaces of its own, in its own session. It outlives this process. */
export const launch = async ({ settings, description, cgroupFiles }: LaunchInput, listener: Server): Promise<void> => {
  const layout = layoutOf(settings.stateDir);
  const { port } = listener.address() as AddressInfo;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', innerMain, layout.plan];
  const argv = ['unshare', ...namespaceFlags, '/bin/sh', '-c', init, 'danube-node', ...node];
  const log = openSync(join(layout.logs, 'node.log'), 'a');
  const child = spawn('/bin/sh', ['-c', launcher, 'danube-launch', ...argv], {
    detached: true,
    stdio: ['pipe', log, log, descriptorOf(listener)],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  closeSync(log);
  try {
    const owner = child.pid === undefined ? undefined : identityOf(child.pid);
    if (owner === undefined) throw new ClusterError('StartFailed', '/bin/sh cannot be started');
    for (const file of cgroupFiles) await writeFile(file, String(owner.pid));
    await writeRecord(settings.stateDir, { owner, port, description });
    child.stdin?.end('go\n');
  } catch (error) {
    child.stdin?.destroy();
    throw error;
  } finally {
    listener.close(); // the child has its own copy
    child.unref();
  }
};

// Node has no public way to give a listening socket to a child (a stdio stream must be readable); the descriptor of
// its handle has been at this place since Node 0.12.
const descriptorOf = (server: Server): number => (server as unknown as { _handle: { fd: number } })._handle.fd;
