import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { testImages } from '@danube/tools-images';
import type { Build } from './build.ts';
import { cgroupRootOf } from './cgroups.ts';
import { components } from './components.ts';
import type { Plan } from './inner/plan.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { layoutOf, type Layout } from './layout.ts';
import { network, NODE_NAME } from './network.ts';
import { nodeConfigFiles } from './node-config.ts';
import { makePki, readPki } from './pki.ts';
import type { Settings } from './settings.ts';

/** What {@link prepareState} is told. */
export type PrepareInput = {
  readonly settings: Settings;
  readonly port: number;
  readonly build: Build;
  readonly containerd: string;
  readonly images: readonly string[];
};

/** Writes everything that a new cluster reads: directories, certificates, configuration, kubeconfigs, the plan. */
export const prepareState = async (input: PrepareInput): Promise<void> => {
  const { settings, build, containerd, images } = input;
  const layout = layoutOf(settings.stateDir);
  for (const directory of [
    layout.logs,
    layout.varLib,
    layout.varLog,
    layout.sysctl,
    layout.registryHosts,
    layout.cni,
  ]) {
    await mkdir(directory, { recursive: true });
  }
  await makePki(layout.pki, { node: NODE_NAME, nodeIp: network.nodeIp, serviceIp: network.serviceIp });
  await writeKubeconfigs(layout, input);
  const cgroupRoot = cgroupRootOf(settings.instance);
  const files = nodeConfigFiles({ layout, cgroupRoot, pauseImage: testImages.pause });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(layout.config, name)), { recursive: true });
    await writeFile(join(layout.config, name), content);
  }
  const plan: Plan = {
    layout,
    components: components({ layout, kubeDir: build.kubeDir, containerd }),
    images,
    importImage: ['ctr', '-n', 'k8s.io', 'images', 'import', '-'],
    probeRuntime: ['ctr', 'version'],
  };
  await writeFile(layout.plan, JSON.stringify(plan));
};

const writeKubeconfigs = async (layout: Layout, { settings, port }: PrepareInput): Promise<void> => {
  const ca = await readPki(layout.pki, 'ca.crt');
  const write = async (file: string, user: string, server: string): Promise<void> => {
    const [certificate, key] = await Promise.all([
      readPki(layout.pki, `${user}.crt`),
      readPki(layout.pki, `${user}.key`),
    ]);
    const name = `danube-${settings.name}`;
    await writeFile(file, kubeconfigText({ name, server, ca, certificate, key }), { mode: 0o600 });
  };
  await write(layout.kubeconfig, 'admin', `https://127.0.0.1:${port}`);
  for (const user of ['kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet']) {
    await write(join(layout.config, `${user}.kubeconfig`), user, `https://${network.nodeIp}:${network.apiPort}`);
  }
};
