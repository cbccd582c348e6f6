import { JOB_SPEC_ANNOTATION } from '@danube/contract/names';
import {
  isAlreadyExists,
  isForbidden,
  isNotFound,
  isRetryable,
  type KubeClient,
  type ObjectMeta,
  type Pod,
  retryAfterMs,
} from '@danube/k8s-client';
import { PodError } from '../errors.ts';
import type { JobPod } from '../pod/build-job-pod.ts';
import { growingWaitMs, sleep } from './sleep.ts';

/** Options of {@link createJobPod}. */
export type CreateJobPodOptions = {
  readonly signal?: AbortSignal;
  /** Time for all tries that failed for want of an answer, in milliseconds. @default 60000 */
  readonly timeoutMs?: number;
  /** Time to wait for room in the quota, in milliseconds; 0 gives up at once. @default 0 */
  readonly quotaTimeoutMs?: number;
  /** Hears why nothing is created yet: the quota's sentence, or the failure that is tried again. */
  readonly onWait?: (message: string) => void;
  /** The API server checks everything and stores nothing. @default false */
  readonly dryRun?: boolean;
};

/** A pod as the API server has it: what names it is there. */
export type CreatedPod = Pod & { metadata: ObjectMeta & { name: string; namespace: string; uid: string } };

/**
 * Creates a job pod, or finds it already created. Idempotent: the name is deterministic, and a pod of that name is
 * taken for ours only when it carries the same job spec. A create whose answer was lost is settled by reading the pod,
 * so that however often this is called, at most one pod comes of it.
 *
 * @throws PodError `PodNameTaken`, `PodVanished`, `QuotaExceeded`, `CreateUnsettled`; errors of k8s-client when the pod is refused
 */
export const createJobPod = async (
  client: KubeClient,
  pod: JobPod,
  options: CreateJobPodOptions = {},
): Promise<CreatedPod> => {
  const { signal, onWait, timeoutMs = 60_000, quotaTimeoutMs = 0, dryRun = false } = options;
  const startedMs = Date.now();
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryCreate(client, pod, { signal, dryRun });
    if ('pod' in outcome) return outcome.pod;
    const waitMs = Math.max(growingWaitMs(attempt), retryAfterMs(outcome.error) ?? 0);
    const limitMs = outcome.retry === 'quota' ? quotaTimeoutMs : timeoutMs;
    if (Date.now() - startedMs + waitMs > limitMs) {
      throw new PodError(outcome.retry === 'quota' ? 'QuotaExceeded' : 'CreateUnsettled', {
        pod: pod.metadata.name,
        detail: messageOf(outcome.error),
        cause: outcome.error,
      });
    }
    onWait?.(messageOf(outcome.error));
    await sleep(waitMs, signal);
  }
};

type Call = { readonly signal: AbortSignal | undefined; readonly dryRun: boolean };
type Outcome = { readonly pod: CreatedPod } | { readonly retry: 'quota' | 'failure'; readonly error: unknown };

const tryCreate = async (client: KubeClient, pod: JobPod, call: Call): Promise<Outcome> => {
  try {
    return { pod: (await client.pods(pod.metadata.namespace).create(pod, call)) as CreatedPod };
  } catch (error) {
    if (isForbidden(error) && messageOf(error).includes('exceeded quota')) return { retry: 'quota', error };
    if (!isAlreadyExists(error) && !isRetryable(error)) throw error;
    return settle(client, pod, { ...call, error });
  }
};

/** The create may or may not have happened. If the pod is there, it has; if not, it may be sent again. */
const settle = async (client: KubeClient, pod: JobPod, call: Call & { error: unknown }): Promise<Outcome> => {
  const again: Outcome = { retry: 'failure', error: call.error };
  if (call.dryRun && !isAlreadyExists(call.error)) return again;
  try {
    return { pod: await existing(client, pod, call) };
  } catch (error) {
    if (isRetryable(error)) return again;
    if (!isNotFound(error)) throw error;
    // It was there a moment ago. If it was ours, its commands may have run: creating it anew could run them twice.
    if (isAlreadyExists(call.error)) throw new PodError('PodVanished', { pod: pod.metadata.name, cause: call.error });
    return again;
  }
};

const existing = async (client: KubeClient, pod: JobPod, { signal }: Pick<Call, 'signal'>): Promise<CreatedPod> => {
  const { name, namespace } = pod.metadata;
  const found = await client.pods(namespace).get(name, { signal });
  if (found.metadata?.annotations?.[JOB_SPEC_ANNOTATION] !== pod.metadata.annotations[JOB_SPEC_ANNOTATION]) {
    throw new PodError('PodNameTaken', { pod: name });
  }
  return found as CreatedPod;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
