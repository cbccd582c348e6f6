import { isTimeout, type KubeClient } from '@danube/k8s-client';
import { checkRegistry, type RegistryHealth } from '../check/check-registry.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { REGISTRY_NAME, REGISTRY_PORT } from '../names.ts';
import { registryManifests } from '../registry-manifests.ts';
import { normalizeRegistryOptions, type RegistryOptions } from '../registry-options.ts';
import { waitForRegistry } from '../wait-for-registry.ts';
import { type AppliedObject, applyObject, undefinedIfNotFound } from './apply-objects.ts';
import { diagnoseRegistry } from './diagnose-registry.ts';
import { ensureHttpSecret } from './http-secret.ts';
import { pruneConfigMaps } from './prune-config-maps.ts';

/** Options of {@link deployRegistry}. */
export type DeployRegistryOptions = RegistryOptions & {
  /** Says what would be done, and does nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** Until it serves, in milliseconds. @default 120000 */
  readonly timeoutMs?: number | undefined;
  /** The way to the registry for the check. @default through the API server */
  readonly endpoint?: Endpoint | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each object. Must not throw. */
  readonly onObject?: ((object: AppliedObject) => void) | undefined;
};

/** What was deployed. */
export type DeployedRegistry = {
  /** How pods name it: `registry.danube-system:5000`. */
  readonly address: string;
  readonly objects: readonly AppliedObject[];
  /** Undefined for a dry run. */
  readonly health: RegistryHealth | undefined;
};

/**
 * Deploys the registry, or changes it to what the options say, waits until it serves, and writes to it. Safe to repeat:
 * what is so already is not written. It takes over fields that somebody else has set on its own objects.
 * @throws NotReady saying what pod, events and log say; ImmutableChange; KubeError
 * @example
 * const { address } = await deployRegistry(client);
 */
export const deployRegistry = async (
  client: KubeClient,
  options: DeployRegistryOptions = {},
): Promise<DeployedRegistry> => {
  const { dryRun = false, timeoutMs = 120_000, signal, onObject, endpoint } = options;
  const { namespace } = normalizeRegistryOptions(options);
  const manifests = registryManifests(options);
  const objects: AppliedObject[] = [];
  const done = (object: AppliedObject): void => {
    objects.push(object);
    onObject?.(object);
  };
  done(await ensureNamespace(client, namespace, { dryRun, signal }));
  done(await ensureHttpSecret(client, namespace, { dryRun, signal }));
  for (const manifest of manifests) done(await applyObject(client, manifest, { dryRun, signal }));
  const address = `${REGISTRY_NAME}.${namespace}:${REGISTRY_PORT}`;
  if (dryRun) return { address, objects, health: undefined };
  try {
    await waitForRegistry(client, { namespace, timeoutMs, signal });
  } catch (cause) {
    if (!isTimeout(cause)) throw cause;
    throw new RegistryError('NotReady', { detail: await diagnoseRegistry(client, namespace), cause });
  }
  await pruneConfigMaps(client, manifests, { namespace, signal });
  const health = await checkRegistry(client, { namespace, endpoint, signal, depth: 'write' });
  const failed = health.checks.find(({ ok }) => !ok);
  if (failed !== undefined) throw new RegistryError('NotReady', { detail: `${failed.name}: ${failed.detail}` });
  return { address, objects, health };
};

const ensureNamespace = async (
  client: KubeClient,
  name: string,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal: AbortSignal | undefined },
): Promise<AppliedObject> => {
  const found = await client.namespaces().get(name, { signal }).catch(undefinedIfNotFound);
  if (found === undefined && !dryRun) await client.namespaces().ensure(name, { signal });
  return { kind: 'Namespace', name, outcome: found === undefined ? 'created' : 'unchanged' };
};
