import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applets, DISTRIBUTION_VERSION, KUBERNETES_VERSION, kubernetesFlags } from './build.ts';
import { components } from './components.ts';
import { directoriesOf, layoutOf } from './layout.ts';
import { nodeConfigFiles } from './node-config.ts';

const layout = layoutOf('/state');
const all = components({ layout, kubeDir: '/kube', containerd: '/usr/bin/containerd' });
const flagsOf = (name: string): string[] => [...(all.find((each) => each.name === name)?.argv.slice(1) ?? [])];

describe('components', () => {
  it('run the programs that are built', () => {
    const built = all.map(({ argv }) => argv[0]!).filter((program) => program.startsWith('/kube/'));
    expect(built.map((program) => program.slice('/kube/'.length)).sort()).toEqual(
      applets.filter((applet) => applet !== 'kubectl').sort(),
    );
  });

  it('start the controllers only when the API server has made its bootstrap roles', () => {
    expect(Object.fromEntries(all.map(({ name, after }) => [name, after]))).toEqual({
      etcd: undefined,
      containerd: undefined,
      'kube-apiserver': 'datastore',
      kubelet: undefined,
      'kube-controller-manager': 'apiserver',
      'kube-scheduler': 'apiserver',
      'kube-proxy': 'apiserver',
    });
  });

  it.each(['kube-controller-manager', 'kube-scheduler'])('let the %s ask more often than by default', (name) => {
    expect(flagsOf(name)).toEqual(
      expect.arrayContaining(['--kube-api-qps=300', '--kube-api-burst=600', '--leader-elect=false']),
    );
  });

  it('read and write only below the state directory', () => {
    const paths = all
      .flatMap(({ argv }) => argv.slice(1))
      .flatMap((flag) => /^(?:[^/]*=)?(\/.*)$/.exec(flag)?.[1] ?? []);
    expect(paths.filter((path) => !path.startsWith('/state/'))).toEqual([]);
    expect(directoriesOf(layout).every((directory) => directory.startsWith('/state/'))).toBe(true);
  });
});

describe('nodeConfigFiles', () => {
  const files = nodeConfigFiles({ layout, cgroupRoot: '/danube-a', pauseImage: 'example.local/pause:1' });
  const parse = (name: string): unknown => JSON.parse(files[name] ?? '');

  it('are every file that a program is started with', () => {
    const used =
      all
        .flatMap(({ argv }) => argv)
        .join(' ')
        .match(/\/state\/config\/[^ ]+/g) ?? [];
    const made = [
      ...Object.keys(files),
      'kubelet.kubeconfig',
      'kube-proxy.kubeconfig',
      'kube-scheduler.kubeconfig',
      'kube-controller-manager.kubeconfig',
    ];
    for (const path of used) expect(made).toContain(path.slice('/state/config/'.length));
  });

  it("keep the kubelet in the cluster's cgroup, from evicting, and from deleting imported images", () => {
    expect(parse('kubelet.json')).toMatchObject({
      cgroupRoot: '/danube-a',
      cgroupDriver: 'cgroupfs',
      failCgroupV1: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%' },
    });
  });

  it('let Services follow their pods at once', () => {
    expect(parse('kube-proxy.json')).toMatchObject({ iptables: { minSyncPeriod: '10ms' } });
  });

  it('name the pause image and the place of the registry configuration', () => {
    expect(files['containerd.toml']).toContain('sandbox_image = "example.local/pause:1"');
    expect(files['containerd.toml']).toContain(`config_path = "${layout.registryHosts}"`);
  });
});

describe('the build', () => {
  const go = join(import.meta.dirname, '../go');

  it('is of the version that it says', () => {
    expect(readFileSync(join(go, 'kubernetes/go.mod'), 'utf8')).toContain(
      `\tk8s.io/kubernetes ${KUBERNETES_VERSION}\n`,
    );
    expect(readFileSync(join(go, 'distribution/go.mod'), 'utf8')).toContain(
      `distribution/v3 ${DISTRIBUTION_VERSION}\n`,
    );
    expect(kubernetesFlags('v1.35.2').join(' ')).toContain('component-base/version.gitMinor=35 ');
  });

  it.each(readdirSync(go))('of %s is pinned by checksums', (module) => {
    expect(readdirSync(join(go, module)).sort()).toEqual(['go.mod', 'go.sum', 'main.go']);
  });
});
