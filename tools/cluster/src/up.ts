import { testImages } from '@danube/tools-images';
import { Api } from './api.ts';
import { buildAll } from './build.ts';
import { hierarchies, makeCgroups } from './cgroups.ts';
import { tearDown } from './down.ts';
import type { Engine } from './engine.ts';
import { waitUsable } from './health.ts';
import { isAlive } from './host-process.ts';
import { launch, openPort } from './launch.ts';
import { layoutOf } from './layout.ts';
import { withLock } from './lock.ts';
import { nodeImages } from './node-images.ts';
import { buildNeeds, installPackages, missingPackages, nodeNeeds, sourceNeeds } from './packages.ts';
import { preflight } from './preflight.ts';
import { prepareState } from './prepare.ts';
import type { Progress } from './progress.ts';
import { readRecord } from './record.ts';
import type { Settings } from './settings.ts';
import { which } from './which.ts';

/** A cluster that can be used. */
export type RunningCluster = { readonly kubeconfig: string; readonly description: string; readonly port: number };

/** What to make. */
export type UpInput = { readonly settings: Settings; readonly engine: Engine; readonly progress: Progress };

const USABLE_TIMEOUT_MS = 120_000;
/** A first build takes minutes; another `up` waits for it. */
const LOCK_TIMEOUT_MS = 30 * 60_000;

/**
 * Makes the cluster, or finishes or reports the one that runs already. Safe to call twice and at the same time.
 * When it fails after the start, the cluster is taken down again.
 */
export const up = async ({ settings, engine, progress }: UpInput): Promise<RunningCluster> => {
  await preflight(settings);
  const lock = { name: settings.stateDir, progress, timeoutMs: LOCK_TIMEOUT_MS };
  return withLock(lock, async () => {
    const running = await readRecord(settings.stateDir);
    if (running?.alive !== true) {
      await tearDown(settings, progress); // what a crash left
      await start(settings, progress);
    }
    return finish(settings, progress);
  });
};

const start = async (settings: Settings, progress: Progress): Promise<void> => {
  await installPackages(missingPackages([...nodeNeeds, ...sourceNeeds, ...buildNeeds], which), progress);
  const build = await withLock({ name: settings.cacheDir, progress, timeoutMs: LOCK_TIMEOUT_MS }, () =>
    buildAll({ cacheDir: settings.cacheDir, progress }),
  );
  const images = await nodeImages(build, settings.cacheDir);
  const { server, port } = await openPort(settings.port);
  try {
    const containerd = which('containerd') ?? 'containerd';
    await prepareState({ settings, port, build, containerd, images });
    const cgroupFiles = await makeCgroups(settings.instance, await hierarchies());
    await launch({ settings, description: `Kubernetes ${build.version}, source-built`, cgroupFiles }, server);
    progress('started');
  } catch (error) {
    server.close();
    await tearDown(settings, progress);
    throw error;
  }
};

const finish = async (settings: Settings, progress: Progress): Promise<RunningCluster> => {
  const record = await readRecord(settings.stateDir);
  const layout = layoutOf(settings.stateDir);
  const api = await Api.open(layout.pki, record?.port ?? 0);
  const alive = (): boolean => record !== undefined && isAlive(record.owner);
  try {
    const dnsImage = testImages.coredns;
    await waitUsable({ api, layout, dnsImage, progress, isAlive: alive, timeoutMs: USABLE_TIMEOUT_MS });
  } finally {
    api.close();
  }
  return { kubeconfig: layout.kubeconfig, description: record?.description ?? '', port: record?.port ?? 0 };
};
