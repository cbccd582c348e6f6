import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { testImages } from '@danube/tools-images';
import { buildKubernetes, buildCoredns } from './build.ts';
import { cgroupRootOf } from './cgroups.ts';
import { components } from './components.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { layoutOf, type Layout } from './layout.ts';
import { network, NODE_NAME } from './network.ts';
import { nodeConfigFiles } from './node-config.ts';
import { nodeImages } from './node-images.ts';
import type { NodeKind } from './node-kind.ts';
import { buildNeeds, nodeNeeds, sourceNeeds } from './packages.ts';
import { makePki, readPki } from './pki.ts';
import { which } from './which.ts';

/** Kubernetes built from its Go module, as one binary, with Debian's containerd and runc. */
export const sourceNode: NodeKind = {
  needs: [...nodeNeeds, ...sourceNeeds, ...buildNeeds],

  async build({ cacheDir, progress }) {
    const kubernetes = await buildKubernetes({ cacheDir, progress });
    const coredns = await buildCoredns({ cacheDir, progress });
    const images = await nodeImages({ coredns, pauseSource: kubernetes.pauseSource }, cacheDir);
    return { description: `Kubernetes ${kubernetes.version}, source-built`, directory: kubernetes.directory, images };
  },

  async prepare(build, { settings, port }) {
    const layout = layoutOf(settings.stateDir);
    await makePki(layout.pki, { node: NODE_NAME, nodeIp: network.nodeIp, serviceIp: network.serviceIp });
    await writeKubeconfigs(layout, `https://127.0.0.1:${port}`);
    await writeConfiguration(layout, cgroupRootOf(settings.instance));
    return {
      layout,
      components: components({ layout, kubeDir: build.directory, containerd: which('containerd') ?? 'containerd' }),
      images: build.images,
      importImage: ['ctr', '-n', 'k8s.io', 'images', 'import', '-'],
      probeRuntime: ['ctr', 'version'],
      kubectl: [join(build.directory, 'kubectl')],
    };
  },
};

const writeConfiguration = async (layout: Layout, cgroupRoot: string): Promise<void> => {
  const files = nodeConfigFiles({ layout, cgroupRoot, pauseImage: testImages.pause });
  for (const [name, content] of Object.entries(files)) {
    const file = join(layout.config, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
};

const writeKubeconfigs = async (layout: Layout, outside: string): Promise<void> => {
  const inside = `https://${network.nodeIp}:${network.apiPort}`;
  const ca = await readPki(layout.pki, 'ca.crt');
  const write = async (file: string, user: string, server: string): Promise<void> => {
    const certificate = await readPki(layout.pki, `${user}.crt`);
    const key = await readPki(layout.pki, `${user}.key`);
    await writeFile(file, kubeconfigText({ server, ca, certificate, key }), { mode: 0o600 });
  };
  await write(layout.kubeconfig, 'admin', outside);
  for (const user of ['kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet']) {
    await write(join(layout.config, `${user}.kubeconfig`), user, inside);
  }
};
