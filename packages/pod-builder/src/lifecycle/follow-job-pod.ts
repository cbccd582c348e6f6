import { type CoreEvent, isForbidden, isRetryable, type KubeClient, type Pod } from '@danube/k8s-client';
import { setTimeout as delay } from 'node:timers/promises';
import { diagnose, type DiagnoseInput, type Diagnosis } from '../diagnose/diagnose.ts';
import { watchJobPods } from './watch-job-pods.ts';

/** Options of {@link followJobPod}. */
export type FollowJobPodOptions = Pick<DiagnoseInput, 'limits' | 'cancelRequested'> & {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** How often the events of a pod that is starting are read, in milliseconds. @default 1000 */
  readonly eventsMs?: number;
};

/** A pod at one moment, and what that means. */
export type FollowedPod = { readonly pod: Pod; readonly diagnosis: Diagnosis };

/**
 * Follows one pod, as {@link createJobPod} returned it: tells the diagnosis each time it says something new, and ends
 * after the final one. For a single pod; whoever has many uses one {@link watchJobPods} for all.
 */
export async function* followJobPod(
  client: KubeClient,
  created: Pod,
  options: FollowJobPodOptions = {},
): AsyncGenerator<FollowedPod, void> {
  const { name = '', namespace = '' } = created.metadata ?? {};
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const changes = watchJobPods(client, {
    namespace,
    labelSelector: `app.kubernetes.io/instance=${name}`,
    signal,
  });
  let seen: Seen = { pod: created, gone: false, found: false };
  let told = '';
  let next = changes.next();
  try {
    for (;;) {
      const change = await firstOf(next, waitMs(seen, options));
      if (change !== undefined) {
        if (change.done === true) return;
        seen = look(seen, change.value);
        next = changes.next();
        if (change.value.type === 'applied' && !seen.found) continue;
      }
      const events = await eventsOf(client, seen, signal);
      const diagnosis = diagnose(seen.pod, { ...options, events, gone: seen.gone, now: new Date() });
      const text = JSON.stringify(diagnosis);
      seen = { ...seen, diagnosis };
      if (text !== told) yield { pod: seen.pod, diagnosis };
      told = text;
      if (diagnosis.state === 'finished' || diagnosis.state === 'failed') return;
    }
  } finally {
    stop.abort();
    await next.catch(() => undefined);
    // An event that came at the last moment leaves the watch where it was handed out, with its connection and its timer.
    await changes.return();
  }
}

type Seen = { readonly pod: Pod; readonly gone: boolean; readonly found: boolean; readonly diagnosis?: Diagnosis };
type Change = { readonly type: 'applied' | 'deleted' | 'synced'; readonly pod?: Pod | undefined };

const look = (seen: Seen, { type, pod }: Change): Seen => {
  // A list without the pod means that it is gone, and so does another pod under its name.
  if (type === 'synced') return seen.found ? seen : { ...seen, gone: true };
  if (pod === undefined || pod.metadata?.uid !== seen.pod.metadata?.uid) return seen;
  return { pod, gone: type === 'deleted', found: type === 'applied' };
};

/** Until a grace ends; while the pod starts at most until events may have something new. */
const waitMs = ({ diagnosis }: Seen, { eventsMs = 1000 }: FollowJobPodOptions): number => {
  if (diagnosis === undefined || !('recheckAtMs' in diagnosis || diagnosis.state === 'starting')) return 60_000;
  const graceMs = (diagnosis.recheckAtMs ?? Number.POSITIVE_INFINITY) - Date.now();
  return Math.max(10, Math.min(graceMs, diagnosis.state === 'starting' ? eventsMs : graceMs, 60_000));
};

/** What comes, or undefined when nothing came in time. */
const firstOf = async <T>(coming: Promise<T>, ms: number): Promise<T | undefined> => {
  const timer = new AbortController();
  const nap = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([coming, nap]);
  } finally {
    timer.abort();
  }
};

/** Events only explain; a diagnosis without them is still right. */
const eventsOf = async (client: KubeClient, { pod, diagnosis }: Seen, signal: AbortSignal): Promise<CoreEvent[]> => {
  const { uid, namespace } = pod.metadata ?? {};
  if (uid === undefined || diagnosis?.state === 'running') return [];
  try {
    const list = await client.events(namespace).list({ fieldSelector: `involvedObject.uid=${uid}`, signal });
    return list.items;
  } catch (error) {
    if (signal.aborted || isForbidden(error) || isRetryable(error)) return [];
    throw error;
  }
};
