import { isDeleted, type KubeClient, type KubeObject, type ResourceClient } from '@danube/k8s-client';
import { DATA_CLAIM, DATA_VOLUME, HTTP_SECRET, REGISTRY_NAME, SYSTEM_NAMESPACE } from '../names.ts';
import { undefinedIfNotFound } from './apply-objects.ts';
import { everythingOfIt } from './prune-config-maps.ts';

/** Options of {@link uninstallRegistry}. */
export type UninstallRegistryOptions = {
  /** @default 'danube-system' */
  readonly namespace?: string | undefined;
  /** Deletes claim, volume and Secret as well, and with them the images; files in a node's directory stay. @default false */
  readonly purge?: boolean | undefined;
  /** Says what would be deleted, and deletes nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** Until the pod has ended, in milliseconds. @default 120000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** What was deleted and what is still there, as `Kind name`. */
export type UninstalledRegistry = { readonly deleted: readonly string[]; readonly kept: readonly string[] };

/**
 * Takes the registry away, and keeps namespace, images and Secret unless `purge`: a later deployment finds them. Resolves
 * when the pod has ended. Safe to repeat.
 * @throws Timeout when the Deployment does not go away
 */
export const uninstallRegistry = async (
  client: KubeClient,
  options: UninstallRegistryOptions = {},
): Promise<UninstalledRegistry> => {
  const { namespace = SYSTEM_NAMESPACE, purge = false, dryRun = false, timeoutMs = 120_000, signal } = options;
  const deleted: string[] = [];
  const kept: string[] = [];
  const remove = async <T extends KubeObject>(api: ResourceClient<T>, name: string, keep = false): Promise<void> => {
    const found = await api.get(name, { signal }).catch(undefinedIfNotFound);
    if (found === undefined) return;
    (keep ? kept : deleted).push(`${api.definition.kind} ${name}`);
    if (keep || dryRun) return;
    const uid = found.metadata?.uid;
    // In the foreground a Deployment is gone when its pod is: the claim is free then.
    await api.delete(name, { uid, propagationPolicy: 'Foreground', signal }).catch(undefinedIfNotFound);
    await api.waitFor(name, isDeleted(uid), { timeoutMs, signal });
  };
  await remove(client.services(namespace), REGISTRY_NAME);
  await remove(client.deployments(namespace), REGISTRY_NAME);
  await remove(client.networkPolicies(namespace), REGISTRY_NAME);
  const { items } = await client.configMaps(namespace).list({ labelSelector: everythingOfIt, signal });
  for (const { metadata } of items) await remove(client.configMaps(namespace), metadata?.name ?? '');
  await remove(client.serviceAccounts(namespace), REGISTRY_NAME);
  await remove(client.persistentVolumeClaims(namespace), DATA_CLAIM, !purge);
  await remove(client.persistentVolumes(), DATA_VOLUME, !purge);
  await remove(client.secrets(namespace), HTTP_SECRET, !purge);
  return { deleted, kept };
};
