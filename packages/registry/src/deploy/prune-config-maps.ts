import type { KubeClient, KubeObject } from '@danube/k8s-client';
import { registrySelector } from '../names.ts';

/** Selects everything of the registry. */
export const everythingOfIt = Object.entries(registrySelector)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

/** Deletes the configurations that no pod uses any more. */
export const pruneConfigMaps = async (
  client: KubeClient,
  manifests: readonly KubeObject[],
  { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal | undefined },
): Promise<void> => {
  const used = new Set(manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata?.name));
  const configMaps = client.configMaps(namespace);
  const { items } = await configMaps.list({ labelSelector: everythingOfIt, signal });
  for (const { metadata: { name = '', uid } = {} } of items) {
    if (!used.has(name)) await configMaps.delete(name, { uid, signal });
  }
};
