import { clusterStatus, loadImage, restartComponent, type Settings, settingsOf } from '@danube/cluster';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { buildImages } from '@danube/tools-images';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChaosError } from '../errors.ts';
import { comesTrue } from './comes-true.ts';
import { Link } from './link.ts';
import { NodeNetwork } from './node-network.ts';
import type { Ground } from './world.ts';

const COME_BACK_LIMIT_MS = 90_000;
const API_PORT = 6443;
const KUBELET_PORT = 10_250;

/** Builds the coordinator's image and gives it to the node. */
export const loadCoordinator = async (name: string, dir: string): Promise<void> => {
  for (const file of await buildImages(['coordinator'], dir)) await loadImage(settingsOf({ name }, process.env), file);
};

/** A cluster of tools/cluster, by name. Its programs are killed and its node's network is cut: it has to be its own. */
export const realGround = async (name: string, dir: string): Promise<Ground> => {
  const parts = new AsyncDisposableStack();
  const settings = settingsOf({ name }, process.env);
  const { state, record } = await clusterStatus(settings);
  if (state !== 'usable' || record === undefined)
    throw new ChaosError(`--cluster ${name}: expected a usable cluster (npm run -s cluster -- up --name ${name})`);
  const kubeconfigFile = join(settings.stateDir, 'kubeconfig.json');
  const client = parts.use(new KubeClient(await loadConfig({ kubeconfig: kubeconfigFile })));
  const network = parts.use(new NodeNetwork(record.owner.pid));
  const there = { host: '127.0.0.1', port: record.port };
  const apiServers = parts.use(await Link.open({ host: '127.0.0.1', port: 0 }, there));
  const kubeconfig = await readFile(kubeconfigFile, 'utf8');
  let reportPort = 0;
  return {
    client,
    workerImage: 'danube.local/busybox:1',
    kubeconfig: kubeconfig.replaceAll(`127.0.0.1:${record.port}`, `127.0.0.1:${apiServers.port}`),
    coordinatorEnv: {},
    openApi: async (port) => {
      const path = join(dir, 'api.sock');
      parts.use(await Link.open({ path }, { host: '127.0.0.1', port }));
      const forwarder = parts.use(await network.forward(path));
      reportPort = forwarder.port;
      return forwarder.url;
    },
    cut: async (link, how, ms) => {
      if (link === 'api-server/kube-apiserver') await apiServers.cut(how, ms);
      else if (link === 'coordinator/api-server') await network.cut({ port: reportPort, fromPods: true }, how, ms);
      else if (link === 'coordinator/kube-apiserver') await network.cut({ port: API_PORT, fromPods: true }, how, ms);
      else await network.cut({ port: KUBELET_PORT, fromPods: false }, how, ms);
    },
    restart: async (part, downMs) => {
      await restartComponent(settings, part, downMs);
      await usable(settings);
    },
    exhaustMemory: ({ order }) => order('(exec 2>/dev/null; dd if=/dev/zero of=/dev/null bs=500M count=1; exit $?)'),
    fillWorkspace: ({ order }) => order('dd if=/dev/zero of=fill bs=1M count=48 2>/dev/null; sleep 300'),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
};

const usable = async (settings: Settings): Promise<void> => {
  const isUsable = await comesTrue(COME_BACK_LIMIT_MS, async () => {
    const { state } = await clusterStatus(settings).catch(() => ({ state: 'dead' }));
    return state === 'usable';
  });
  if (!isUsable) throw new ChaosError(`the cluster did not come back within ${COME_BACK_LIMIT_MS} ms`);
};
