import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { ClusterError } from './errors.ts';
import { replacedDirectories } from './inner/setup.ts';
import { run } from './run.ts';
import type { Settings } from './settings.ts';

/** Says no, with the reason, before anything is done. */
export const preflight = async (settings: Settings): Promise<void> => {
  requireRoot();
  const hiding = replacedDirectories.find((directory) => settings.cacheDir.startsWith(`${directory}/`));
  if (hiding !== undefined) {
    throw new ClusterError(
      'HostUnfit',
      `the cache directory ${settings.cacheDir} is below ${hiding}, which the cluster replaces; set XDG_CACHE_HOME`,
    );
  }
  // A longer one does not fit into the kernel's address of a unix socket.
  if (settings.stateDir.length > 80) {
    throw new ClusterError(
      'HostUnfit',
      `the path ${settings.stateDir} is longer than 80 characters; set XDG_CACHE_HOME`,
    );
  }
  await requireKernel();
};

/** The commands that touch a cluster's processes need root on Linux. */
export const requireRoot = (): void => {
  if (process.platform !== 'linux') throw new ClusterError('NotLinux', `this is ${process.platform}`);
  if (process.getuid?.() !== 0) throw new ClusterError('NotRoot', `the user id is ${process.getuid?.() ?? 'unknown'}`);
};

const requireKernel = async (): Promise<void> => {
  if (!existsSync('/proc/sys/net/bridge')) await run(['modprobe', 'br_netfilter']);
  const filesystems = await readFile('/proc/filesystems', 'utf8');
  if (!filesystems.includes('\toverlay\n')) await run(['modprobe', 'overlay']);
  if (!existsSync('/proc/sys/net/bridge')) {
    throw new ClusterError('HostUnfit', 'the kernel has no br_netfilter (modprobe br_netfilter failed)');
  }
};
