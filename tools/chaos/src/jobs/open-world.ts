import { coordinatorRbac } from '@danube/pod-builder';
import { bundleApp } from '@danube/tools-images';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { ChaosError } from '../errors.ts';
import { ApiServerProcess } from './api-server-process.ts';
import { comesTrue } from './comes-true.ts';
import { DanubeClient } from './danube-client.ts';
import { realGround } from './real-ground.ts';
import { simGround } from './sim-ground.ts';
import { OUTSIDE } from './workload.ts';
import { type Ground, type World, WORKSPACE_SIZE } from './world.ts';

/** The programs under test, bundled as in their images: they start in a third of the time. */
export type Programs = { readonly apiServer: string; readonly coordinator: string; readonly clockJump: string };

/** Bundles the programs into a directory. */
export const bundlePrograms = async (dir: string): Promise<Programs> => {
  const programs = {
    apiServer: join(dir, 'api-server.mjs'),
    coordinator: join(dir, 'coordinator.mjs'),
    clockJump: join(dir, 'clock-jump.mjs'),
  };
  await Promise.all([bundleApp('api-server', programs.apiServer), bundleApp('coordinator', programs.coordinator)]);
  await copyFile(join(import.meta.dirname, 'clock-jump.mjs'), programs.clockJump);
  return programs;
};

/** What a {@link World} is made of. */
export type WorldOptions = {
  readonly on: 'sim' | 'real';
  /** Name of the cluster, for `real`. */
  readonly cluster: string;
  readonly seed: number;
  readonly programs: Programs;
  /** A directory for this world alone. */
  readonly dir: string;
  readonly shape: 'containers' | 'sidecar';
  /** Whether clocks can be made to jump. */
  readonly clocks: boolean;
  readonly concurrency: number;
};

/** Starts a Danube: its api-server is a process of this machine, its jobs are pods of the cluster. */
export const openWorld = async (options: WorldOptions): Promise<World & AsyncDisposable> => {
  const { on, cluster, programs, seed, clocks } = options;
  const parts = new AsyncDisposableStack();
  try {
    const outside = join(options.dir, 'outside');
    await mkdir(outside, { recursive: true });
    await chmod(outside, 0o777); // workers have a user of their own
    const ground = parts.use(
      await (on === 'sim' ? simGround({ coordinator: programs.coordinator, seed }) : realGround(cluster, options.dir)),
    );
    const namespace = await prepareNamespace(ground);
    if (on === 'real') {
      parts.defer(() => ground.client.namespaces().delete(namespace));
      await untilFurnished(ground, namespace);
    }
    const port = await freePort();
    const kubeconfig = join(options.dir, 'kubeconfig');
    await writeFile(kubeconfig, ground.kubeconfig, { mode: 0o600 });
    if (clocks) await copyFile(programs.clockJump, join(outside, 'clock-jump.mjs'));
    const api = parts.use(
      new ApiServerProcess({
        file: programs.apiServer,
        port,
        logFile: join(options.dir, 'api-server.log'),
        env: {
          PATH: process.env['PATH'] ?? '',
          KUBECONFIG: kubeconfig,
          DANUBE_DATA_DIR: join(options.dir, 'data'),
          DANUBE_NAMESPACE: namespace,
          DANUBE_INTERNAL_URL: await ground.openApi(port),
          DANUBE_WORKSPACE_SIZE: WORKSPACE_SIZE,
          DANUBE_COORDINATOR_SHAPE: options.shape,
          DANUBE_CONCURRENCY: String(options.concurrency),
          DANUBE_POD_PATCH: JSON.stringify(podPatch(ground, { ...options, outside })),
          ...(clocks ? clockEnv(outside, join(outside, 'api-server.clock')) : {}),
        },
      }),
    );
    await api.start();
    const danube = new DanubeClient(api.url);
    return { ground, namespace, api, danube, outside, [Symbol.asyncDispose]: () => parts.disposeAsync() };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
};

const prepareNamespace = async ({ client }: Ground): Promise<string> => {
  const namespace = `chaos-${randomUUID().slice(0, 8)}`;
  await client.namespaces().ensure(namespace);
  const [account, role, binding] = coordinatorRbac({ namespace });
  await client.serviceAccounts(namespace).create(account);
  await client.roles(namespace).create(role);
  await client.roleBindings(namespace).create(binding);
  return namespace;
};

const FURNISH_LIMIT_MS = 120_000;

/** Waits until a cluster has put into a new namespace what every pod there mounts. After a restart of its programs that takes a while. */
const untilFurnished = async ({ client }: Ground, namespace: string): Promise<void> => {
  const isThere = await comesTrue(FURNISH_LIMIT_MS, () =>
    client
      .configMaps(namespace)
      .get('kube-root-ca.crt')
      .then(
        () => true,
        () => false,
      ),
  );
  if (!isThere) throw new ChaosError(`namespace ${namespace} got no kube-root-ca.crt within ${FURNISH_LIMIT_MS} ms`);
};

/** Every worker sees the directory outside of its pod, under its own path; so do coordinators whose clock can jump. */
const podPatch = (
  { coordinatorEnv }: Ground,
  { outside, clocks, shape }: Pick<WorldOptions, 'clocks' | 'shape'> & { readonly outside: string },
): object => {
  const mount = { name: 'outside', mountPath: outside };
  const clock = clocks ? clockEnv(outside, join(outside, '$(DANUBE_POD_NAME).clock')) : {};
  const coordinator = {
    name: 'coordinator',
    env: variables({ ...coordinatorEnv, ...clock }),
    ...(clocks ? { volumeMounts: [mount] } : {}),
  };
  const worker = { name: 'worker', env: variables({ [OUTSIDE]: outside }), volumeMounts: [mount] };
  return {
    spec: {
      volumes: [{ name: 'outside', hostPath: { path: outside } }],
      ...(shape === 'sidecar'
        ? { initContainers: [coordinator], containers: [worker] }
        : { containers: [coordinator, worker] }),
    },
  };
};

const clockEnv = (outside: string, file: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${join(outside, 'clock-jump.mjs')}`,
  CHAOS_CLOCK_FILE: file,
});

const variables = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).map(([name, value]) => ({ name, value }));

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
