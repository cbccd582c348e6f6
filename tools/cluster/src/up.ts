import { mkdir, writeFile } from 'node:fs/promises';
import { testImages } from '@danube/tools-images';
import { Api } from './api.ts';
import { hierarchies, makeCgroups } from './cgroups.ts';
import { tearDown } from './down.ts';
import type { Engine } from './engine.ts';
import { waitUsable } from './health.ts';
import { isAlive } from './host-process.ts';
import { k3sNode } from './k3s-node.ts';
import { launch, openPort } from './launch.ts';
import { directoriesOf, layoutOf } from './layout.ts';
import { withLock } from './lock.ts';
import type { NodeKind } from './node-kind.ts';
import { installPackages, missingPackages } from './packages.ts';
import { poll } from './poll.ts';
import { preflight } from './preflight.ts';
import type { Progress } from './progress.ts';
import { readRecord } from './record.ts';
import { requireRunning } from './running.ts';
import type { Settings } from './settings.ts';
import { sourceNode } from './source-node.ts';
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
 * When it does not become usable it is left as it is, for a look at its logs: {@link down} removes it.
 */
export const up = async ({ settings, engine, progress }: UpInput): Promise<RunningCluster> => {
  await preflight(settings);
  const kind = engine.kind === 'k3s' ? k3sNode(engine.binary) : sourceNode;
  const lock = { name: settings.stateDir, progress, timeoutMs: LOCK_TIMEOUT_MS };
  return withLock(lock, async () => {
    const running = await readRecord(settings.stateDir);
    if (running?.alive !== true) {
      await tearDown(settings, progress); // what a crash left
      await start(kind, settings, progress);
    }
    return finish(kind, settings, progress);
  });
};

const start = async (kind: NodeKind, settings: Settings, progress: Progress): Promise<void> => {
  await installPackages(missingPackages(kind.needs, which), progress);
  const build = await withLock({ name: settings.cacheDir, progress, timeoutMs: LOCK_TIMEOUT_MS }, () =>
    kind.build({ cacheDir: settings.cacheDir, progress }),
  );
  const { server, port } = await openPort(settings.port);
  try {
    const layout = layoutOf(settings.stateDir);
    for (const directory of directoriesOf(layout)) await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(layout.plan, JSON.stringify(await kind.prepare(build, { settings, port })));
    const cgroupFiles = await makeCgroups(settings.instance, await hierarchies());
    await launch({ settings, description: build.description, cgroupFiles }, server);
    progress('started');
  } catch (error) {
    server.close();
    await tearDown(settings, progress);
    throw error;
  }
};

const finish = async (kind: NodeKind, settings: Settings, progress: Progress): Promise<RunningCluster> => {
  const layout = layoutOf(settings.stateDir);
  const record = await requireRunning(settings);
  const alive = (): boolean => isAlive(record.owner);
  const adopt = async (): Promise<true | undefined> =>
    (await kind.adopt?.(settings, record.port)) === false ? undefined : true;
  await poll(adopt, { timeoutMs: USABLE_TIMEOUT_MS, until: () => !alive() });
  const api = await Api.open(layout.pki, record.port);
  try {
    const dnsImage = testImages.coredns;
    await waitUsable({ api, layout, dnsImage, progress, isAlive: alive, timeoutMs: USABLE_TIMEOUT_MS });
  } finally {
    api.close();
  }
  return { kubeconfig: layout.kubeconfig, description: record.description, port: record.port };
};
