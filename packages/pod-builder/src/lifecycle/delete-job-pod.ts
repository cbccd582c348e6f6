import { isConflict, isDeleted, isNotFound, isTimeout, type KubeClient, type Pod } from '@danube/k8s-client';
import { PodError } from '../errors.ts';

/** A pod, and no other of the same name. */
export type PodRef = { readonly namespace: string; readonly name: string; readonly uid: string };

/** Options of {@link deleteJobPod}. */
export type DeleteJobPodOptions = {
  readonly signal?: AbortSignal;
  /** Time until the pod has to be gone, in milliseconds. @default 60000 */
  readonly timeoutMs?: number;
  /** Seconds between TERM and KILL. @default what the pod says */
  readonly gracePeriodSeconds?: number;
  /** Only accepts the deletion, does not wait for it. @default true */
  readonly wait?: boolean;
  /** The API server checks everything and deletes nothing. @default false */
  readonly dryRun?: boolean;
};

/**
 * Deletes exactly this pod and waits until it is gone. A pod that is gone already, or was replaced by another of the
 * same name, counts as gone and is left alone. Safe to call twice.
 *
 * @throws PodError `PodNotGone` that says what blocks it
 */
export const deleteJobPod = async (
  client: KubeClient,
  { namespace, name, uid }: PodRef,
  options: DeleteJobPodOptions = {},
): Promise<void> => {
  const { signal, timeoutMs = 60_000, gracePeriodSeconds, wait = true, dryRun = false } = options;
  const pods = client.pods(namespace);
  try {
    await pods.delete(name, { uid, gracePeriodSeconds, signal, dryRun });
    if (wait && !dryRun) await pods.waitFor(name, isDeleted(uid), { timeoutMs, signal });
  } catch (error) {
    // A conflict is the uid: the name belongs to another pod now, so the one that was meant is gone.
    if (isNotFound(error) || isConflict(error)) return;
    if (!isTimeout(error)) throw error;
    const pod = await pods.get(name, { signal });
    throw new PodError('PodNotGone', { pod: name, detail: whatBlocks(pod), cause: error });
  }
};

/** Why a pod that is being deleted is still there. */
export const whatBlocks = (pod: Pod): string => {
  const { finalizers = [], deletionTimestamp } = pod.metadata ?? {};
  const running = (pod.status?.containerStatuses ?? []).filter(({ state }) => state?.running !== undefined);
  const node = pod.spec?.nodeName;
  if (deletionTimestamp === undefined) return 'the API server has not marked it as deleted';
  if (running.length > 0) {
    const names = running.map((container) => container.name).join(', ');
    return `${names} still ran ${sinceText(deletionTimestamp)}; node ${node ?? '?'} has to end it, check that its kubelet answers`;
  }
  if (finalizers.length > 0) return `finalizers ${finalizers.join(', ')} have to be removed by who set them`;
  return `node ${node ?? '?'} has not confirmed the deletion; check that its kubelet answers`;
};

const sinceText = (deletionTimestamp: string): string => `after its grace period ended (${deletionTimestamp})`;
