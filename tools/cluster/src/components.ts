import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { network, NODE_NAME } from './network.ts';

/** A program of the node, kept running. `after` is what must answer before it is started. */
export type Component = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly after?: 'datastore' | 'apiserver';
};

/** What the command lines depend on. */
export type ComponentsInput = {
  readonly layout: Layout;
  /** Directory of the built programs. */
  readonly kubeDir: string;
  readonly containerd: string;
};

/** Client address of the datastore, on the loopback of the cluster's own network namespace. */
export const DATASTORE_PORT = 2379;

const datastore = `http://127.0.0.1:${DATASTORE_PORT}`;

/** Everything that runs on the node, in the order of starting. */
export const components = (input: ComponentsInput): readonly Component[] => {
  const { layout, kubeDir, containerd } = input;
  const program = (name: string, flags: Record<string, string>): string[] => [
    join(kubeDir, name),
    ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`),
  ];
  return [
    { name: 'etcd', argv: program('etcd', etcdFlags(layout)) },
    { name: 'containerd', argv: [containerd, '--config', join(layout.config, 'containerd.toml')] },
    { name: 'kube-apiserver', argv: program('kube-apiserver', apiserverFlags(layout)), after: 'datastore' },
    { name: 'kubelet', argv: program('kubelet', kubeletFlags(layout)) },
    // It ends when it starts before the API server has made its bootstrap roles.
    {
      name: 'kube-controller-manager',
      argv: program('kube-controller-manager', controllerManagerFlags(layout)),
      after: 'apiserver',
    },
    {
      name: 'kube-scheduler',
      argv: program('kube-scheduler', controlFlags(layout, 'kube-scheduler')),
      after: 'apiserver',
    },
    {
      name: 'kube-proxy',
      argv: program('kube-proxy', { config: join(layout.config, 'kube-proxy.json') }),
      after: 'apiserver',
    },
  ];
};

const etcdFlags = (layout: Layout) => ({
  name: 'default',
  'data-dir': layout.etcd,
  'listen-client-urls': datastore,
  'advertise-client-urls': datastore,
  'listen-peer-urls': 'http://127.0.0.1:2380',
  'initial-advertise-peer-urls': 'http://127.0.0.1:2380',
  'initial-cluster': 'default=http://127.0.0.1:2380',
  'unsafe-no-fsync': 'true', // a test's data need not outlive a power cut
  'log-level': 'warn',
});

const apiserverFlags = (layout: Layout) => {
  const pki = (file: string): string => join(layout.pki, file);
  return {
    'etcd-servers': datastore,
    'advertise-address': network.nodeIp,
    'bind-address': '0.0.0.0',
    'secure-port': String(network.apiPort),
    'service-cluster-ip-range': network.serviceCidr,
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'client-ca-file': pki('ca.crt'),
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'kubelet-certificate-authority': pki('ca.crt'),
    'kubelet-client-certificate': pki('apiserver-kubelet-client.crt'),
    'kubelet-client-key': pki('apiserver-kubelet-client.key'),
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': `https://kubernetes.default.svc.${network.domain}`,
    'service-account-key-file': pki('sa.pub'),
    'service-account-signing-key-file': pki('sa.key'),
    'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'proxy-client-cert-file': pki('front-proxy-client.crt'),
    'proxy-client-key-file': pki('front-proxy-client.key'),
  };
};

const kubeletFlags = (layout: Layout) => ({
  config: join(layout.config, 'kubelet.json'),
  kubeconfig: join(layout.config, 'kubelet.kubeconfig'),
  'hostname-override': NODE_NAME,
  'node-ip': network.nodeIp,
  'cert-dir': join(layout.varLib, 'kubelet/pki'),
});

const controlFlags = (layout: Layout, name: string) => {
  const kubeconfig = join(layout.config, `${name}.kubeconfig`);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
    // With the default of 20 the default service account, without which there are no pods, comes 5 s later.
    'kube-api-qps': '300',
    'kube-api-burst': '600',
  };
};

const controllerManagerFlags = (layout: Layout) => {
  const pki = (file: string): string => join(layout.pki, file);
  return {
    ...controlFlags(layout, 'kube-controller-manager'),
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': pki('sa.key'),
    'root-ca-file': pki('ca.crt'),
    'cluster-signing-cert-file': pki('ca.crt'),
    'cluster-signing-key-file': pki('ca.key'),
    'cluster-cidr': network.podCidr,
    'service-cluster-ip-range': network.serviceCidr,
    'allocate-node-cidrs': 'false',
    controllers: '*,-cloud-node-lifecycle-controller,-service-lb-controller',
  };
};
