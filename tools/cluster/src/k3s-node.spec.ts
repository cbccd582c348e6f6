import { describe, expect, it } from '@jest/globals';
import { credentialsOf, k3sCommand } from './k3s-node.ts';
import { kubeconfigText } from './kubeconfig.ts';

describe('k3sCommand', () => {
  it('starts a server that needs nothing from outside', () => {
    expect(k3sCommand({ binary: '/opt/k3s', cgroupRoot: '/danube-a', kubeconfig: '/state/k3s.yaml' })).toEqual([
      '/opt/k3s',
      'server',
      '--node-name=danube-node',
      '--node-ip=10.200.0.1',
      '--advertise-address=10.200.0.1',
      '--https-listen-port=6443',
      '--write-kubeconfig=/state/k3s.yaml',
      '--cluster-cidr=10.244.0.0/16',
      '--service-cidr=10.96.0.0/16',
      '--cluster-dns=10.96.0.10',
      '--flannel-backend=host-gw',
      '--flannel-iface=node0',
      '--disable=coredns,traefik,servicelb,metrics-server,local-storage',
      '--disable-helm-controller',
      '--disable-cloud-controller',
      '--pause-image=danube.local/pause:3.10',
      '--kubelet-arg=cgroup-root=/danube-a',
      '--kubelet-arg=fail-swap-on=false',
      '--kubelet-arg=image-gc-high-threshold=100',
    ]);
  });
});

describe('credentialsOf', () => {
  const pems = { ca: 'CA\n', certificate: 'CERT\n', key: 'KEY\n' };

  it('finds what a kubeconfig holds', () => {
    const yaml = [
      'clusters:\n- cluster:\n    certificate-authority-data: Q0EK\n    server: https://127.0.0.1:6443',
      'users:\n- user:\n    client-certificate-data: Q0VSVAo=\n    client-key-data: S0VZCg==\n',
    ].join('\n');
    expect(credentialsOf(yaml)).toEqual(pems);
  });

  it('waits for the whole of it', () => {
    expect(credentialsOf('')).toBeUndefined();
    expect(credentialsOf('certificate-authority-data: Q0EK\nclient-certificate-data: Q0VSVAo=\n')).toBeUndefined();
  });
});

describe('kubeconfigText', () => {
  it('is one context for one user at one server', () => {
    const text = kubeconfigText({ server: 'https://127.0.0.1:1', ca: 'CA\n', certificate: 'CERT\n', key: 'KEY\n' });
    expect(JSON.parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'danube', cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'Q0EK' } }],
      users: [{ name: 'admin', user: { 'client-certificate-data': 'Q0VSVAo=', 'client-key-data': 'S0VZCg==' } }],
      contexts: [{ name: 'danube', context: { cluster: 'danube', user: 'admin' } }],
      'current-context': 'danube',
    });
  });
});
