import type { KubeObject, NetworkPolicy, Service } from '@danube/k8s-client';
import { REGISTRY_NAME, REGISTRY_PORT, registryLabels, registrySelector } from './names.ts';
import { configMapName, registryConfig } from './registry-config.ts';
import { registryDeployment } from './registry-deployment.ts';
import { type NormalRegistryOptions, normalizeRegistryOptions, type RegistryOptions } from './registry-options.ts';
import { storageObjects } from './registry-storage.ts';

/**
 * Everything that makes an image registry in the cluster, in the order in which it is applied. Pure. The namespace
 * and the Secret `registry-http` have to exist; `deployRegistry` makes both. Pods reach it at `registry.<namespace>:5000`;
 * nodes do not resolve that name and need a mirror entry.
 *
 * @example
 * for (const object of registryManifests()) console.log(object.kind, object.metadata?.name);
 */
export const registryManifests = (options: RegistryOptions = {}): KubeObject[] => {
  const normal = normalizeRegistryOptions(options);
  const { namespace } = normal;
  const config = registryConfig(normal);
  const configMap = configMapName(config);
  return [
    object('v1', 'ServiceAccount', {
      metadata: { name: REGISTRY_NAME, namespace, labels: registryLabels },
      automountServiceAccountToken: false,
    }),
    object('v1', 'ConfigMap', {
      metadata: { name: configMap, namespace, labels: registryLabels },
      immutable: true,
      data: { 'config.yml': config },
    }),
    ...storageObjects(normal),
    registryDeployment(normal, configMap),
    registryService(namespace),
    clientsOnly(normal),
  ];
};

const object = <T extends object>(apiVersion: string, kind: string, rest: T) => ({ apiVersion, kind, ...rest });

const registryService = (namespace: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: REGISTRY_NAME, namespace, labels: registryLabels },
  spec: {
    selector: registrySelector,
    ports: [{ name: 'registry', port: REGISTRY_PORT, targetPort: REGISTRY_PORT }],
  },
});

/** Nobody but the clients reaches the registry, and it reaches nobody. The metrics port is open to no pod. */
const clientsOnly = ({ namespace, clients }: NormalRegistryOptions): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: REGISTRY_NAME, namespace, labels: registryLabels },
  spec: {
    podSelector: { matchLabels: registrySelector },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: clients.map((name) => ({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        })),
        ports: [{ port: REGISTRY_PORT }],
      },
    ],
  },
});
