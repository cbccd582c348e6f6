import { join } from 'node:path';

/** Where the files of one cluster are, below its state directory. */
export const layoutOf = (stateDir: string) => ({
  /** Who runs it: the process, the port. Written before anything starts. */
  record: join(stateDir, 'cluster.json'),
  kubeconfig: join(stateDir, 'kubeconfig.json'),
  /** What the process inside the namespaces reads at its start. */
  plan: join(stateDir, 'plan.json'),
  /** Commands to the process inside: a path works across network namespaces. */
  controlSocket: join(stateDir, 'control.sock'),
  logs: join(stateDir, 'logs'),
  pki: join(stateDir, 'pki'),
  etcd: join(stateDir, 'etcd'),
  containerd: join(stateDir, 'containerd'),
  /** Stands in for /var/lib and /var/log inside, so that nothing is written to the machine's. */
  varLib: join(stateDir, 'var-lib'),
  varLog: join(stateDir, 'var-log'),
  /** Stands in for the kernel settings that the kubelet would change for the whole machine. */
  sysctl: join(stateDir, 'sysctl'),
  config: join(stateDir, 'config'),
  cni: join(stateDir, 'config/cni'),
  registryHosts: join(stateDir, 'certs.d'),
  resolvConf: join(stateDir, 'config/resolv.conf'),
});

/** The files of one cluster. */
export type Layout = ReturnType<typeof layoutOf>;

/** The directories that must exist before a node is prepared. */
export const directoriesOf = (layout: Layout): readonly string[] => [
  layout.logs,
  layout.pki,
  layout.config,
  layout.cni,
  layout.registryHosts,
  layout.varLib,
  layout.varLog,
  layout.sysctl,
];
