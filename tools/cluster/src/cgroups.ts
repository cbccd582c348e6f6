import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError } from './errors.ts';
import { poll } from './poll.ts';

const ROOT = '/sys/fs/cgroup';

/** The cgroup hierarchies of a machine. */
export type Hierarchies = {
  readonly version: 1 | 2;
  /** One on v2, one per controller on v1. */
  readonly roots: readonly string[];
  /** Where the container runtime makes cgroups besides: the v2 mount that a v1 machine may have. */
  readonly also: readonly string[];
};

/** Reads `/proc/self/mounts`-style text. */
export const hierarchiesOf = (mounts: string, root = ROOT): Hierarchies => {
  const cgroupMounts = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, at = '']) => at === root || at.startsWith(`${root}/`));
  const mountsOf = (type: string) => cgroupMounts.filter((fields) => fields[2] === type).map(([, at = '']) => at);
  const [v1, v2] = [mountsOf('cgroup'), mountsOf('cgroup2')];
  return v1.length > 0 ? { version: 1, roots: v1, also: v2 } : { version: 2, roots: v2, also: [] };
};

/** The hierarchies of this machine. */
export const hierarchies = async (): Promise<Hierarchies> => hierarchiesOf(await readFile('/proc/self/mounts', 'utf8'));

/** The kubelet's `cgroupRoot` for a cluster: a path below every hierarchy's root. */
export const cgroupRootOf = (instance: string): string => `/danube-${instance}`;

/**
 * Makes the cluster's cgroup in every hierarchy, with a leaf `node` for its own programs (on v2 only leaves may hold
 * processes). Gives the files to which a process id is written to put it there.
 */
export const makeCgroups = async (instance: string, { version, roots }: Hierarchies): Promise<string[]> => {
  if (roots.length === 0) throw new ClusterError('HostUnfit', `no cgroup hierarchy is mounted below ${ROOT}`);
  for (const root of roots) {
    const own = join(root, cgroupRootOf(instance));
    const leaf = join(own, 'node');
    await mkdir(leaf, { recursive: true });
    if (version === 2) for (const parent of [root, own]) await enableControllers(parent);
    else if (existsSync(join(root, 'cpuset.cpus'))) for (const child of [own, leaf]) await copyCpuset(root, child);
  }
  return roots.map((root) => join(root, cgroupRootOf(instance), 'node', 'cgroup.procs'));
};

/** Ids of the processes in the cluster's cgroups. */
export const cgroupProcesses = async (instance: string, { roots, also }: Hierarchies): Promise<number[]> => {
  const found = new Set<number>();
  for (const root of [...roots, ...also]) {
    for (const directory of await treeOf(join(root, cgroupRootOf(instance)))) {
      const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const pid of text.split('\n')) if (pid !== '') found.add(Number(pid));
    }
  }
  return [...found];
};

/**
 * Kills whatever is in the cluster's cgroups (nothing else can be there) and removes them. Gives false when something
 * is left after `timeoutMs`: a process that the kernel does not let go.
 */
export const clearCgroups = async (instance: string, machine: Hierarchies, timeoutMs: number): Promise<boolean> => {
  const trees = [...machine.roots, ...machine.also].map((root) => join(root, cgroupRootOf(instance)));
  const gone = await poll(
    async () => {
      for (const pid of await cgroupProcesses(instance, machine)) killNow(pid);
      for (const tree of trees) {
        for (const directory of (await treeOf(tree)).reverse()) await rmdir(directory).catch(() => undefined);
      }
      return trees.some(existsSync) ? undefined : true;
    },
    { timeoutMs, everyMs: 20 },
  );
  return gone === true;
};

const killNow = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended in between
  }
};

/** A directory and all below it, parents first; nothing when it does not exist. */
const treeOf = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const below: string[] = [];
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await treeOf(join(directory, entry.name))));
  return [directory, ...below];
};

const enableControllers = async (directory: string): Promise<void> => {
  const controllers = (await readFile(join(directory, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].filter((name) => controllers.includes(name));
  const line = wanted.map((name) => `+${name}`).join(' ');
  await writeFile(join(directory, 'cgroup.subtree_control'), line).catch((error: unknown) => {
    throw new ClusterError('HostUnfit', `the cgroup controllers of ${directory} cannot be passed on to its children`, {
      cause: error,
    });
  });
};

const copyCpuset = async (root: string, child: string): Promise<void> => {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(child, file), await readFile(join(root, file)));
  }
};
