import type { KubeClient, Pod } from '@danube/k8s-client';
import type { Reason } from '@danube/contract';
import { TimeoutError } from '@danube/k8s-client';
import type { Diagnosis } from '../diagnose/diagnose.ts';
import { PodError } from '../errors.ts';
import { followJobPod, type FollowJobPodOptions } from './follow-job-pod.ts';

/** The pod will not become ready; `reason` says why. */
export class PodNotReadyError extends PodError {
  readonly reason: Reason;

  constructor(pod: string, reason: Reason) {
    super('PodNotReady', { pod, detail: `${reason.code}: ${reason.message}` });
    this.reason = reason;
  }
}

/** Options of {@link waitForReady}. */
export type WaitForReadyOptions = Pick<FollowJobPodOptions, 'limits' | 'signal'> & {
  /** Time until the wait is given up, in milliseconds. The limits of the diagnosis usually decide before. @default 900000 */
  readonly timeoutMs?: number;
  /** Hears of each step on the way: scheduled, pulling which image, started. */
  readonly onProgress?: (diagnosis: Diagnosis) => void;
};

/**
 * Waits until both containers are ready. A pod that ran and ended before anybody looked counts: it was ready.
 * Commands need not wait for this: the runtime accepts an exec long before the API says Ready.
 *
 * @throws PodNotReadyError as soon as it is decided that it will not be; Timeout of k8s-client
 */
export const waitForReady = async (
  client: KubeClient,
  created: Pod,
  { timeoutMs = 900_000, onProgress, ...follow }: WaitForReadyOptions = {},
): Promise<Pod> => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([deadline, ...(follow.signal === undefined ? [] : [follow.signal])]);
  const name = created.metadata?.name ?? '';
  let last = 'nothing was seen of it';
  for await (const { pod, diagnosis } of followJobPod(client, created, { ...follow, signal })) {
    onProgress?.(diagnosis);
    last = diagnosis.message;
    if (diagnosis.progress.stage === 'ready' || diagnosis.state === 'finished') return pod;
    if (diagnosis.state === 'failed') throw new PodNotReadyError(name, diagnosis.reason);
  }
  follow.signal?.throwIfAborted();
  throw new TimeoutError({ phase: 'wait', sent: true, timeoutMs, detail: `pod ${name} was not ready: ${last}` });
};
