import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { network, NODE_NAME } from './network.ts';

/** Where containerd listens, inside the cluster's mount namespace. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** What the configuration files depend on. */
export type NodeConfigInput = {
  readonly layout: Layout;
  /** Below every cgroup hierarchy's root: `/danube`. */
  readonly cgroupRoot: string;
  readonly pauseImage: string;
};

/** The configuration files of the node's components: name below `config/` to content. */
export const nodeConfigFiles = (input: NodeConfigInput): Readonly<Record<string, string>> => ({
  'containerd.toml': containerdToml(input),
  'kubelet.json': json(kubeletConfiguration(input)),
  'kube-proxy.json': json(proxyConfiguration(input)),
  'cni/10-danube.conflist': json(cniConfiguration),
  // Nothing answers: containerd's look-ups of unknown registries fail at once instead of after a time-out.
  'resolv.conf': 'nameserver 127.0.0.1\n',
});

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const containerdToml = ({ layout, pauseImage }: NodeConfigInput): string => `version = 2
root = "${layout.containerd}"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${layout.containerd}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${layout.cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${layout.registryHosts}"
`;

const kubeletConfiguration = ({ layout, cgroupRoot }: NodeConfigInput) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: join(layout.pki, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: join(layout.pki, 'kubelet-server.crt'),
  tlsPrivateKeyFile: join(layout.pki, 'kubelet-server.key'),
  containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot,
  failCgroupV1: false,
  failSwapOn: false,
  oomScoreAdj: 0, // a lower one needs CAP_SYS_RESOURCE, which containers and some machines lack
  enforceNodeAllocatable: ['pods'],
  clusterDomain: network.domain,
  clusterDNS: [network.dnsIp],
  resolvConf: layout.resolvConf,
  // The disk is the machine's: how full it is says nothing about the tests.
  evictionHard: Object.fromEntries(
    ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree'].map(
      (signal) => [signal, '0%'],
    ),
  ),
  // No image collection: an imported image cannot be pulled again.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  syncFrequency: '10s',
  maxPods: 110,
  logging: { verbosity: 1 },
});

// minSyncPeriod: 0 would be read as 1 s, and Services would fail for that long after their pods are Ready.
const proxySync = { minSyncPeriod: '10ms', syncPeriod: '30s' };

const proxyConfiguration = ({ layout }: NodeConfigInput) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: join(layout.config, 'kube-proxy.kubeconfig') },
  hostnameOverride: NODE_NAME,
  mode: 'iptables',
  clusterCIDR: network.podCidr,
  // nf_conntrack_max is read-only in a network namespace.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  iptables: proxySync,
  nftables: proxySync,
});

const cniConfiguration = {
  cniVersion: '0.4.0',
  name: 'danube',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false, // there is no way out to hide behind an address
      hairpinMode: true, // a pod reaches itself through its Service
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni-ipam',
        ranges: [[{ subnet: network.podCidr }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};
