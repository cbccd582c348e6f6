import type { KubeClient } from '@danube/k8s-client';
import { clusterEndpoint } from '../cluster-endpoint.ts';
import type { RegistryErrorCode } from '../errors/codes.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { REGISTRY_NAME, SYSTEM_NAMESPACE } from '../names.ts';
import { OciClient } from '../oci/oci-client.ts';
import { isRolledOut } from '../wait-for-registry.ts';
import { roundTrip } from './round-trip.ts';

/** Options of {@link checkRegistry}. */
export type CheckRegistryOptions = {
  /** @default 'danube-system' */
  readonly namespace?: string | undefined;
  /** How far to go: each depth includes those before. @default 'write' */
  readonly depth?: 'ping' | 'write' | 'round-trip' | undefined;
  /** The way to the registry. @default through the API server */
  readonly endpoint?: Endpoint | undefined;
  /** Of each check, in milliseconds. @default 15000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** What is checked, in this order. */
export type CheckName = 'deployment' | 'endpoints' | 'ping' | 'write' | 'round-trip';

/** Why pushes fail although the registry answers. */
export type StorageFault = 'storage-full' | 'storage-unwritable' | 'read-only';

/** How one check came out. */
export type CheckOutcome = {
  readonly name: CheckName;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
  readonly fault?: StorageFault;
};

/** `degraded`: pulls work and pushes do not. The checks end with the first that fails. */
export type RegistryHealth = {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: readonly CheckOutcome[];
};

const depths = ['ping', 'write', 'round-trip'] as const;
const CANARY = 'danube-system/canary';

/**
 * Looks whether the registry works: Deployment, endpoints, answer, a write that is taken back, and on demand an image
 * that is pushed, pulled and deleted. The registry's own health endpoints stay green on a full disk; this does not.
 * Never rejects for an unhealthy registry.
 * @example
 * const { status, checks } = await checkRegistry(client);
 */
export const checkRegistry = async (
  client: KubeClient,
  options: CheckRegistryOptions = {},
): Promise<RegistryHealth> => {
  const { namespace = SYSTEM_NAMESPACE, depth = 'write', timeoutMs = 15_000, signal } = options;
  const registry = options.endpoint ?? (await clusterEndpoint(client, { namespace }));
  // Not closed: the pool of an endpoint that was given is its owner's.
  const oci = new OciClient({ registry, retryForMs: 2_000 });
  const canary = oci.repository(CANARY);
  const all: readonly [CheckName, Work][] = [
    ['deployment', (either) => checkDeployment(client, namespace, either)],
    ['endpoints', (either) => checkEndpoints(client, namespace, either)],
    ['ping', (either) => oci.ping({ signal: either }).then(() => 'answers')],
    ['write', (either) => canary.probeWrite({ signal: either }).then(() => 'writable')],
    ['round-trip', (either) => roundTrip(canary, either)],
  ];
  const checks: CheckOutcome[] = [];
  try {
    for (const [name, work] of all.slice(0, all.length - depths.length + depths.indexOf(depth) + 1)) {
      const outcome = await timed(name, work, { timeoutMs, signal });
      checks.push(outcome);
      if (!outcome.ok) return { status: name === 'write' || name === 'round-trip' ? 'degraded' : 'down', checks };
    }
    return { status: 'ok', checks };
  } finally {
    if (options.endpoint === undefined) await oci.close();
  }
};

type Work = (signal: AbortSignal) => Promise<string>;

const timed = async (
  name: CheckName,
  work: Work,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<CheckOutcome> => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const startedMs = performance.now();
  const ms = (): number => Math.round(performance.now() - startedMs);
  try {
    const detail = await work(signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
    return { name, ok: true, ms: ms(), detail };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const fault = error instanceof RegistryError ? faults[error.code] : undefined;
    const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message;
    const detail = fault === undefined ? why : `${fault}: ${why}`;
    return { name, ok: false, ms: ms(), detail, ...(fault === undefined ? {} : { fault }) };
  }
};

const faults: Partial<Record<RegistryErrorCode, StorageFault>> = {
  StorageFull: 'storage-full',
  StorageUnwritable: 'storage-unwritable',
  Unsupported: 'read-only',
};

const checkDeployment = async (client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> => {
  const deployment = await client.deployments(namespace).get(REGISTRY_NAME, { signal });
  if (!isRolledOut(deployment)) throw new RegistryError('NotReady', { detail: 'its newest pod is not available' });
  return 'available';
};

const checkEndpoints = async (client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> => {
  const labelSelector = `kubernetes.io/service-name=${REGISTRY_NAME}`;
  const { items } = await client.endpointSlices(namespace).list({ labelSelector, signal });
  const ready = items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
  if (ready.length === 0) throw new RegistryError('NotReady', { detail: 'its Service has no ready endpoint' });
  return `${ready.length} ready`;
};
