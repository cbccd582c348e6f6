import { existsSync } from 'node:fs';
import { ClusterError } from './errors.ts';
import type { Progress } from './progress.ts';
import { run, tail } from './run.ts';

/** A program or file that is needed, and the Debian package that has it. */
export type Need = { readonly package: string; readonly has: (which: Which) => boolean };
type Which = (program: string) => string | undefined;

const program = (name: string, from = name): Need => ({ package: from, has: (which) => which(name) !== undefined });
const file = (path: string, from: string): Need => ({ package: from, has: () => existsSync(path) });

/** What a node needs from the machine. */
export const nodeNeeds: readonly Need[] = [
  program('unshare', 'util-linux'),
  program('ip', 'iproute2'),
  program('iptables'),
  program('openssl'),
  program('busybox', 'busybox-static'),
  file('/usr/lib/cni/bridge', 'containernetworking-plugins'),
];

/** What Kubernetes from source needs besides: k3s brings its own containerd. */
export const sourceNeeds: readonly Need[] = [program('containerd'), program('runc')];

/** What building needs. Go itself is not here: Debian's is too old, see the check in `build.ts`. */
export const buildNeeds: readonly Need[] = [program('gcc'), file('/usr/include/stdio.h', 'libc6-dev')];

/** Names of the Debian packages that are missing, sorted. */
export const missingPackages = (needs: readonly Need[], which: Which): string[] =>
  [...new Set(needs.filter(({ has }) => !has(which)).map((need) => need.package))].sort();

/** Installs packages by apt-get, naming them. Does nothing when the list is empty. */
export const installPackages = async (names: readonly string[], progress: Progress): Promise<void> => {
  if (names.length === 0) return;
  progress(`installing Debian packages: ${names.join(' ')}`);
  const apt = (...args: string[]) => run(['apt-get', '-qq', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  const update = await apt('update');
  const install = await apt('install', '-y', '--no-install-recommends', ...names);
  if (install.code === 0) return;
  throw new ClusterError('PackagesFailed', `${names.join(' ')}: ${tail(install.stderr) || tail(update.stderr)}`);
};
