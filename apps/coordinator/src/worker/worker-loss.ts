import { type Reason, reason } from '@danube/contract';
import type { KubeClient, Pod } from '@danube/k8s-client';
import { containers } from '@danube/contract/names';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often, and after which pause in milliseconds, the status is read again: it lags up to a second behind. */
const LOOKS = 5;
const PAUSE_MS = 500;

/** Where the own pod is. */
export type PodRef = { readonly namespace: string; readonly pod: string };

/**
 * Says why the worker container is gone, as far as its status tells. Never rejects: without permission to look, or
 * without an answer, the loss itself is all that is known.
 */
export const whyWorkerIsGone = async (client: KubeClient, { namespace, pod }: PodRef): Promise<Reason> => {
  for (let look = 0; look < LOOKS; look++) {
    const found = await client
      .pods(namespace)
      .get(pod, { timeoutMs: 3000 })
      .catch(() => undefined);
    if (found === undefined) break;
    const why = lossOf(found);
    if (why !== undefined) return why;
    await sleep(PAUSE_MS);
  }
  return reason('StreamLost', 'the worker container is gone, and nobody knows how its command ended');
};

/** What a status tells about a worker that ended; undefined while it does not say that it ended. */
export const lossOf = (pod: Pod): Reason | undefined => {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === containers.worker);
  const ended = status?.state?.terminated;
  if (ended === undefined) return undefined;
  const evidence = [`worker terminated: ${ended.reason ?? 'no reason'}, exit code ${ended.exitCode}`];
  if (ended.reason !== 'OOMKilled')
    return reason('StreamLost', 'the worker container ended before its command', evidence);
  const limit = pod.spec?.containers.find(({ name }) => name === containers.worker)?.resources?.limits?.['memory'];
  const of = limit === undefined ? '' : ` of ${limit}`;
  return reason('OutOfMemory', `the worker reached its memory limit${of} and was ended`, evidence);
};
