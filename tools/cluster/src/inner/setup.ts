import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../layout.ts';
import { network, NODE_NAME } from '../network.ts';

/** Kernel settings that the kubelet writes although they belong to the whole machine. */
export const kernelSettings = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
] as const;

/** Directories of the machine that are replaced inside; nothing the cluster uses may lie below them. */
export const replacedDirectories = ['/proc', '/run', '/var/lib', '/var/log'] as const;

/** Makes this process's namespaces a node's machine. Everything here goes with the namespaces. */
export const setUpNamespaces = (layout: Layout): void => {
  setUpMounts(layout);
  setUpNetwork();
};

const command = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
};

const bind = (from: string, to: string): void => command('mount', '--bind', from, to);

const setUpMounts = (layout: Layout): void => {
  command('mount', '-t', 'proc', 'proc', '/proc');
  maskKernelSettings(layout);
  bind(layout.resolvConf, realpathSync('/etc/resolv.conf'));
  bind(layout.varLib, '/var/lib');
  bind(layout.varLog, '/var/log');
  // Network namespaces of pods, the lock of iptables, the runtime's state and sockets.
  command('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run');
  for (const directory of ['netns', 'lock', 'containerd']) mkdirSync(join('/run', directory));
  // Last: what is bound before gets a peer group of its own. Mount propagation is for the kubelet's volumes.
  command('mount', '--make-rshared', '/');
};

const maskKernelSettings = (layout: Layout): void => {
  for (const setting of kernelSettings) {
    const real = join('/proc/sys', setting);
    const stand = join(layout.sysctl, setting.replaceAll('/', '.'));
    writeFileSync(stand, readFileSync(real));
    bind(stand, real);
  }
};

const setUpNetwork = (): void => {
  command('hostname', NODE_NAME);
  command('ip', 'link', 'set', 'lo', 'up');
  // A bridge without ports holds the node's address: not every kernel has the dummy driver.
  command('ip', 'link', 'add', 'node0', 'type', 'bridge');
  command('ip', 'address', 'add', `${network.nodeIp}/24`, 'dev', 'node0');
  command('ip', 'link', 'set', 'node0', 'up');
  // Service addresses need some route before kube-proxy's rules change their target. There is no link behind it.
  command('ip', 'route', 'add', 'default', 'dev', 'node0');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  // Without it a pod cannot reach, through a Service, another pod of the same bridge.
  writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', '1');
};
