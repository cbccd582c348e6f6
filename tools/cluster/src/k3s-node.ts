import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testImages } from '@danube/tools-images';
import { buildCoredns } from './build.ts';
import { cgroupRootOf } from './cgroups.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { layoutOf } from './layout.ts';
import { network, NODE_NAME } from './network.ts';
import { nodeImages } from './node-images.ts';
import type { NodeKind } from './node-kind.ts';
import { nodeNeeds } from './packages.ts';
import { run } from './run.ts';

/** A k3s binary, in the same namespaces. Its own add-ons are left out: their images could not be pulled in there. */
export const k3sNode = (binary: string): NodeKind => ({
  needs: nodeNeeds,

  async build({ cacheDir, progress }) {
    const coredns = await buildCoredns({ cacheDir, progress });
    const version = /k3s version (\S+)/.exec((await run([binary, '--version'])).stdout)?.[1] ?? 'of unknown version';
    return {
      description: `K3s ${version}, ${binary}`,
      directory: binary,
      images: await nodeImages({ coredns }, cacheDir),
    };
  },

  async prepare(build, { settings }) {
    const layout = layoutOf(settings.stateDir);
    // The same stand-in as for the source-built node: no look-up leaves the namespaces.
    await writeFile(layout.resolvConf, 'nameserver 127.0.0.1\n');
    const argv = k3sCommand({
      binary,
      cgroupRoot: cgroupRootOf(settings.instance),
      kubeconfig: ownKubeconfig(settings),
    });
    return {
      layout,
      components: [{ name: 'k3s', argv }],
      images: build.images,
      importImage: [binary, 'ctr', '-n', 'k8s.io', 'images', 'import', '-'],
      probeRuntime: [binary, 'ctr', 'version'],
      kubectl: [binary, 'kubectl'],
    };
  },

  async adopt(settings, port) {
    const text = await readFile(ownKubeconfig(settings), 'utf8').catch(() => '');
    const found = credentialsOf(text);
    if (found === undefined) return false;
    const layout = layoutOf(settings.stateDir);
    await writeFile(join(layout.pki, 'ca.crt'), found.ca);
    await writeFile(join(layout.pki, 'admin.crt'), found.certificate);
    await writeFile(join(layout.pki, 'admin.key'), found.key, { mode: 0o600 });
    const server = `https://127.0.0.1:${port}`;
    await writeFile(layout.kubeconfig, kubeconfigText({ server, ...found }), { mode: 0o600 });
    return true;
  },
});

const ownKubeconfig = ({ stateDir }: { readonly stateDir: string }): string =>
  join(layoutOf(stateDir).config, 'k3s.yaml');

/** How k3s is started. Flags: https://docs.k3s.io/cli/server */
export const k3sCommand = (input: { binary: string; cgroupRoot: string; kubeconfig: string }): string[] => [
  input.binary,
  'server',
  `--node-name=${NODE_NAME}`,
  `--node-ip=${network.nodeIp}`,
  `--advertise-address=${network.nodeIp}`,
  `--https-listen-port=${network.apiPort}`,
  `--write-kubeconfig=${input.kubeconfig}`,
  '--cluster-cidr=10.244.0.0/16',
  `--service-cidr=${network.serviceCidr}`,
  `--cluster-dns=${network.dnsIp}`,
  '--flannel-backend=host-gw', // needs no tunnel device; there is only one node
  '--flannel-iface=node0',
  '--disable=coredns,traefik,servicelb,metrics-server,local-storage',
  '--disable-helm-controller',
  '--disable-cloud-controller',
  `--pause-image=${testImages.pause}`,
  `--kubelet-arg=cgroup-root=${input.cgroupRoot}`,
  '--kubelet-arg=fail-swap-on=false',
  '--kubelet-arg=image-gc-high-threshold=100',
];

/** The PEMs in a kubeconfig that k3s wrote; undefined while it is not complete. */
export const credentialsOf = (kubeconfig: string) => {
  const pem = (field: string): string | undefined => {
    const base64 = new RegExp(`${field}: (\\S+)`).exec(kubeconfig)?.[1];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString();
  };
  const ca = pem('certificate-authority-data');
  const certificate = pem('client-certificate-data');
  const key = pem('client-key-data');
  return ca === undefined || certificate === undefined || key === undefined ? undefined : { ca, certificate, key };
};
