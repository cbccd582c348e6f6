import type { Condition, Deployment, KubeClient } from '@danube/k8s-client';
import { REGISTRY_NAME, SYSTEM_NAMESPACE } from './names.ts';

/** Options of {@link waitForRegistry}. */
export type WaitForRegistryOptions = {
  /** @default 'danube-system' */
  readonly namespace?: string;
  /** In milliseconds. @default 120000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
};

/** The newest version of the Deployment is rolled out, and its pod is ready. */
export const isRolledOut: Condition<Deployment> = (deployment) => {
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0 } = deployment?.status ?? {};
  const generation = deployment?.metadata?.generation ?? Number.POSITIVE_INFINITY;
  return observedGeneration >= generation && updatedReplicas >= 1 && availableReplicas >= 1;
};

/**
 * Waits until the registry that was applied last serves: not merely until some pod of it is ready.
 * @throws Timeout saying how the Deployment looked last
 */
export const waitForRegistry = async (client: KubeClient, options: WaitForRegistryOptions = {}): Promise<void> => {
  const { namespace = SYSTEM_NAMESPACE, timeoutMs = 120_000, signal } = options;
  await client.deployments(namespace).waitFor(REGISTRY_NAME, isRolledOut, { timeoutMs, signal });
};
