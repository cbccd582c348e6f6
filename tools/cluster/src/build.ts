import { copyFile, mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { contentHash } from './content-hash.ts';
import { ClusterError } from './errors.ts';
import type { Progress } from './progress.ts';
import { run, tail } from './run.ts';

/** What the multi-call binary is called by; a link for each lies beside it. */
export const applets = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const;

/** Kubernetes, built. */
export type KubernetesBuild = {
  /** Holds `danube-kube` and a link for each of {@link applets}. */
  readonly directory: string;
  /** The C source of the pause container, out of the same release. */
  readonly pauseSource: string;
  /** As the API server reports it. */
  readonly version: string;
};

/** What building needs to know. */
export type BuildOptions = { readonly cacheDir: string; readonly progress: Progress };

/** The Kubernetes release; the same as in `go/kubernetes/go.mod` (a test compares). */
export const KUBERNETES_VERSION = 'v1.34.4';

const goDir = join(import.meta.dirname, '../go');

/** Kubernetes as one multi-call binary, from the cache or built from its Go module. */
export const buildKubernetes = async (options: BuildOptions): Promise<KubernetesBuild> => {
  const module = { module: 'kubernetes', output: 'danube-kube', flags: kubernetesFlags(), finish: addLinksAndPause };
  const directory = await buildModule(module, options);
  return { directory, pauseSource: join(directory, 'pause.c'), version: KUBERNETES_VERSION };
};

/** CoreDNS with the plugins that a small cluster needs, from the cache or built from its Go module. Gives the program. */
export const buildCoredns = async (options: BuildOptions): Promise<string> =>
  join(await buildModule({ module: 'coredns', output: 'coredns', flags: goFlags('-s -w') }, options), 'coredns');

/** The distribution release; the same as in `go/distribution/go.mod` (a test compares). */
export const DISTRIBUTION_VERSION = 'v3.1.2';

/** The image registry, from the cache or built from its Go module. Gives the program. */
export const buildDistribution = async (options: BuildOptions): Promise<string> => {
  const set = `-X github.com/distribution/distribution/v3/version.version=${DISTRIBUTION_VERSION}`;
  const module = { module: 'distribution', output: 'registry', flags: goFlags(`-s -w ${set}`) };
  return join(await buildModule(module, options), 'registry');
};

/** Without DWARF the cold build is 50 s shorter; without the version variables the API server reports v0.0.0-master. */
export const kubernetesFlags = (version = KUBERNETES_VERSION): string[] => {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const variables = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: '0'.repeat(40),
    buildDate: '2026-01-01T00:00:00Z',
  };
  const set = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((packagePath) =>
    Object.entries(variables).map(([key, value]) => `-X ${packagePath}.${key}=${value}`),
  );
  return goFlags(`-s -w ${set.join(' ')}`);
};

const goFlags = (linker: string): string[] => ['-trimpath', '-gcflags=all=-dwarf=false', `-ldflags=${linker}`];

type Module = {
  readonly module: string;
  readonly output: string;
  readonly flags: readonly string[];
  /** More files for the directory, made before it is published. */
  readonly finish?: (directory: string, source: string) => Promise<void>;
};

/** Where Kubernetes is, once it is built. */
export const kubernetesDirectory = (cacheDir: string): Promise<string> =>
  directoryOf({ module: 'kubernetes', flags: kubernetesFlags() }, cacheDir);

const directoryOf = async ({ module, flags }: Pick<Module, 'module' | 'flags'>, cacheDir: string): Promise<string> =>
  join(cacheDir, 'builds', `${module}-${await contentHash(join(goDir, module), [...flags, process.arch])}`);

const buildModule = async (module: Module, { cacheDir, progress }: BuildOptions): Promise<string> => {
  const source = join(goDir, module.module);
  const directory = await directoryOf(module, cacheDir);
  if (await exists(join(directory, module.output))) return directory;
  await requireGo();
  const temporary = `${directory}.${process.pid}.part`;
  await mkdir(temporary, { recursive: true });
  try {
    await goBuild({ ...module, source, output: join(temporary, module.output) }, progress);
    await module.finish?.(temporary, source);
    await rename(temporary, directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return directory;
};

const addLinksAndPause = async (directory: string, source: string): Promise<void> => {
  for (const applet of applets) await symlink('danube-kube', join(directory, applet));
  const found = await run(['go', 'list', '-m', '-f', '{{.Dir}}', 'k8s.io/kubernetes'], { cwd: source });
  if (found.code !== 0) throw new ClusterError('BuildFailed', `go list: ${tail(found.stderr)}`);
  await copyFile(join(found.stdout.trim(), 'build/pause/linux/pause.c'), join(directory, 'pause.c'));
};

const goBuild = async (
  { module, source, output, flags }: { module: string; source: string; output: string; flags: readonly string[] },
  progress: Progress,
): Promise<void> => {
  progress(`building ${module} from its Go module (minutes with an empty Go cache, else seconds)`);
  let compiled = 0;
  const ticking = setInterval(() => {
    progress(`building ${module}: ${compiled} packages compiled`);
  }, 10_000);
  try {
    const result = await run(['go', 'build', '-v', ...flags, '-o', output, '.'], {
      cwd: source,
      // Static; fewer collections make the compiler faster on the memory that the cluster needs anyway.
      env: { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOGC: '400' },
      onStderr: (text) => {
        compiled += text.split('\n').length - 1;
      },
    });
    if (result.code !== 0)
      throw new ClusterError('BuildFailed', `go build in tools/cluster/go/${module}: ${tail(result.stderr, 8)}`);
  } finally {
    clearInterval(ticking);
  }
  progress(`built ${module} (${compiled} packages compiled, the rest was cached)`);
};

const requireGo = async (): Promise<void> => {
  const { code, stdout } = await run(['go', 'version']);
  const [, minor] = /go1\.(\d+)/.exec(stdout) ?? [];
  if (code === 0 && Number(minor) >= 21) return; // from 1.21 on, Go fetches the version that go.mod asks for
  const found = code === 0 ? stdout.trim() : 'no `go` on PATH';
  throw new ClusterError(
    'HostUnfit',
    `Go 1.21 or newer is needed to build Kubernetes (${found}; Debian's may be older)`,
  );
};

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;
