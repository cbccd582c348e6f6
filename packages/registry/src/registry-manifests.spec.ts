import type { ConfigMap, Deployment, KubeObject, NetworkPolicy, Service } from '@danube/k8s-client';
import { describe, expect, it } from '@jest/globals';
import { registryConfig } from './registry-config.ts';
import { registryManifests } from './registry-manifests.ts';

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
    const objects = registryManifests({ ephemeral: true });
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
});
