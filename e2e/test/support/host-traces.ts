import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { cgroupProcesses, cgroupRootOf, hierarchies, kernelSettings, type Settings } from '@danube/cluster';

const text = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' });

/** What a cluster could change on the machine, whatever the cluster's name: the same before and after. */
export const machineState = () => ({
  mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n'),
  interfaces: text('ip', '-oneline', 'link').split('\n'),
  routes: text('ip', 'route').split('\n'),
  firewall: text('iptables-save')
    .split('\n')
    .filter((line) => !line.startsWith('#')),
  kernel: kernelSettings.map((setting) => [setting, readFileSync(join('/proc/sys', setting), 'utf8').trim()]),
  directories: ['/var/lib/kubelet', '/var/lib/cni', '/var/log/pods', '/run/containerd', '/run/netns'].map((path) => [
    path,
    existsSync(path),
  ]),
});

/** What is left of one cluster: everything here is empty when it left nothing. */
export const tracesOf = async ({ instance, stateDir }: Settings, port?: number) => {
  const machine = await hierarchies();
  const cgroups = [...machine.roots, ...machine.also].map((root) => join(root, cgroupRootOf(instance)));
  return {
    state: existsSync(stateDir) ? [stateDir] : [],
    cgroups: cgroups.filter((path) => existsSync(path)),
    processesByCgroup: await cgroupProcesses(instance, machine),
    processesByArgument: readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && mentions(pid, stateDir)),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(stateDir)),
    ports: port !== undefined && (await accepts(port)) ? [port] : [],
  };
};

/** {@link tracesOf} a cluster that left nothing. */
export const noTraces = {
  state: [],
  cgroups: [],
  processesByCgroup: [],
  processesByArgument: [],
  mounts: [],
  ports: [],
};

const mentions = (pid: string, path: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${path}/`);
  } catch {
    return false; // it ended in between
  }
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
