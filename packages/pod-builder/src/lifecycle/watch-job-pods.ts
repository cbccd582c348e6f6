import { JOBS_NAMESPACE, labels } from '@danube/contract/names';
import { isRetryable, type KubeClient } from '@danube/k8s-client';
import { PodInventory, type PodChange } from './pod-inventory.ts';
import { growingWaitMs, sleep } from './sleep.ts';

/** Options of {@link watchJobPods}. */
export type WatchJobPodsOptions = {
  /** @default 'danube-jobs' */
  readonly namespace?: string;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** Narrows further, e.g. `job-id=7f3a`. @default all pods of Danube */
  readonly labelSelector?: string;
  /** How often everything is listed anew, so that a change that was missed is not missed for long. @default 60000 */
  readonly resyncMs?: number;
  /** Hears of every failure that is healed. */
  readonly onError?: (error: unknown) => void;
};

/** What happened to a job pod. `synced`: everything there is has been told; it comes again after each new list. */
export type JobPodEvent = PodChange | { readonly type: 'synced'; readonly pod?: undefined };

/**
 * All job pods of a namespace as they are and as they change, on one watch. It heals itself: after a lost connection,
 * an expired watch, or an API server that was away, it lists again and tells the difference; a pod that vanished
 * meanwhile is told as `deleted` with its last known state. Level-triggered: act on the pod, not on the event.
 *
 * @throws errors of k8s-client when the very first list is refused (no such right, wrong credentials)
 */
export async function* watchJobPods(
  client: KubeClient,
  options: WatchJobPodsOptions = {},
): AsyncGenerator<JobPodEvent, void> {
  const { namespace = JOBS_NAMESPACE, signal, resyncMs = 60_000, onError } = options;
  const selector = { labelSelector: [`${labels.app}=danube`, options.labelSelector].filter(Boolean).join(',') };
  const pods = client.pods(namespace);
  const inventory = new PodInventory();
  let synced = false;
  for (let failures = 0; !isAborted(signal);) {
    try {
      const list = await pods.list({ ...selector, signal });
      yield* inventory.replace(list.items);
      yield { type: 'synced' };
      synced = true;
      failures = 0;
      const until = AbortSignal.any([AbortSignal.timeout(resyncMs), ...(signal === undefined ? [] : [signal])]);
      for await (const { type, object } of pods.watch({
        ...selector,
        resourceVersion: list.resourceVersion,
        signal: until,
      })) {
        if (type !== 'BOOKMARK') yield* inventory.change(type === 'DELETED' ? 'deleted' : 'applied', object);
        if (isAborted(signal)) return;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (!synced && !isRetryable(error)) throw error;
      onError?.(error);
      failures += 1;
      await sleep(growingWaitMs(failures), signal).catch(() => undefined);
    }
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;
