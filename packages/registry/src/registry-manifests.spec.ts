import type { ConfigMap, Deployment, KubeObject, NetworkPolicy, Service } from '@danube/k8s-client';
import { describe, expect, it } from '@jest/globals';
import { registryConfig } from './registry-config.ts';
import { registryManifests } from './registry-manifests.ts';
import type { RegistryOptions, RegistryStorage } from './registry-options.ts';

type Kinds = { ConfigMap: ConfigMap; Deployment: Deployment; Service: Service; NetworkPolicy: NetworkPolicy };
const find = <K extends keyof Kinds>(objects: readonly KubeObject[], wanted: K): Kinds[K] =>
  objects.find(({ kind }) => kind === wanted) as Kinds[K];

describe('registryManifests', () => {
  it('lists the objects in the order in which they are applied, all in one namespace and labelled', () => {
    const objects = registryManifests({ namespace: 'ci' });
    expect(objects.map(({ kind }) => kind)).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'PersistentVolumeClaim',
      'Deployment',
      'Service',
      'NetworkPolicy',
    ]);
    for (const { metadata } of objects) {
      expect(metadata).toMatchObject({ namespace: 'ci', labels: { 'app.kubernetes.io/part-of': 'danube' } });
    }
  });

  it('mounts the configuration by a name that changes with its content', () => {
    const objects = registryManifests();
    const configMap = find(objects, 'ConfigMap');
    expect(configMap.metadata!.name).toMatch(/^registry-config-[0-9a-f]{8}$/);
    expect(configMap.data!['config.yml']).toBe(registryConfig());
    expect(find(objects, 'Deployment').spec!.template.spec!.volumes).toEqual([
      { name: 'config', configMap: { name: configMap.metadata!.name } },
      { name: 'data', persistentVolumeClaim: { claimName: 'registry-data' } },
    ]);
  });

  it('never runs two pods on one volume', () => {
    expect(find(registryManifests(), 'Deployment').spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
  });

  it('selects with the Service exactly the pods of the Deployment', () => {
    const objects = registryManifests();
    const template = find(objects, 'Deployment').spec!.template;
    expect(template.metadata!.labels).toMatchObject(find(objects, 'Service').spec!.selector!);
  });

  it('runs unprivileged in every container', () => {
    const { spec } = find(registryManifests(), 'Deployment').spec!.template;
    expect(spec!.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of [...spec!.initContainers!, ...spec!.containers]) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('has no claim when it keeps nothing', () => {
    const objects = registryManifests({ storage: { type: 'ephemeral' } });
    expect(objects.map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
    expect(find(objects, 'Deployment').spec!.template.spec!.volumes).toContainEqual({
      name: 'data',
      emptyDir: {},
    });
  });

  it('lets in who is named, and nobody else', () => {
    const policy = find(registryManifests({ clients: ['a', 'b'] }), 'NetworkPolicy');
    expect(policy.spec!.ingress).toEqual([
      {
        from: ['a', 'b'].map((name) => ({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        })),
        ports: [{ port: 5000 }],
      },
    ]);
  });

  it("keeps a node's directory on a volume that is pinned to the node and outlives its claim", () => {
    const objects = registryManifests({ storage: { type: 'node', node: 'n1' } });
    expect(objects.map(({ kind }) => kind).slice(2, 4)).toEqual(['PersistentVolume', 'PersistentVolumeClaim']);
    expect(objects[2]).toMatchObject({
      spec: {
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'danube-system', name: 'registry-data' },
        hostPath: { path: '/var/lib/danube/registry' },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', values: ['n1'] }] }] },
        },
      },
    });
    expect(objects[3]).toMatchObject({ spec: { volumeName: 'danube-registry-data', storageClassName: '' } });
    const { spec } = find(objects, 'Deployment').spec!.template;
    expect(spec!.initContainers!.map(({ name }) => name)).toEqual(['own-storage', 'check-storage']);
    expect(spec!.volumes!.some(({ hostPath }) => hostPath !== undefined)).toBe(false);
  });

  it('gives uploads their time before it is killed, whatever that time is', () => {
    for (const drainSeconds of [1, 25, 3600]) {
      const objects = registryManifests({ drainSeconds });
      const { spec } = find(objects, 'Deployment').spec!.template;
      const [, preStop] = spec!.containers[0]!.lifecycle!.preStop!.exec!.command!;
      expect(spec!.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + Number(preStop));
      expect(find(objects, 'ConfigMap').data!['config.yml']).toContain(`"draintimeout": "${drainSeconds}s"`);
    }
  });

  it('takes nothing from the Services beside it, shows no metrics, and caches no descriptors', () => {
    const objects = registryManifests();
    expect(find(objects, 'Deployment').spec!.template.spec).toMatchObject({
      enableServiceLinks: false,
      automountServiceAccountToken: false,
    });
    expect(find(objects, 'Service').spec!.ports!.map(({ port }) => port)).toEqual([5000]);
    expect(registryConfig()).not.toContain('cache');
  });

  it('is the same for the same options', () => {
    expect(JSON.stringify(registryManifests())).toBe(JSON.stringify(registryManifests()));
  });

  it.each<[string, RegistryOptions]>([
    ['namespace', { namespace: 'Danube' }],
    ['image', { image: ' ' }],
    ['imagePullPolicy', { imagePullPolicy: 'Sometimes' as 'Always' }],
    ['clients[1]', { clients: ['a', 'b.c'] }],
    ['drainSeconds', { drainSeconds: 0 }],
    ['priorityClassName', { priorityClassName: 'A' }],
    ['storage.type', { storage: { type: 'tape' } as unknown as RegistryStorage }],
    ['storage.size', { storage: { type: 'claim', size: '20 GB' } }],
    ['storage.claim', { storage: { type: 'existing-claim', claim: '' } }],
    ['storage.node', { storage: { type: 'node', node: '' } }],
    ['storage.path', { storage: { type: 'node', node: 'n', path: '/var/../etc' } }],
    ['storage.sizeLimit', { storage: { type: 'ephemeral', sizeLimit: '-1' } }],
  ])('refuses a wrong %s by its name', (field, options) => {
    expect(() => registryManifests(options)).toThrow(TypeError);
    expect(() => registryManifests(options)).toThrow(`${field}: expected`);
  });
});
