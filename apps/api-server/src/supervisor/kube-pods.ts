import { reason } from '@danube/contract';
import {
  type CoreEvent,
  isForbidden,
  isInvalid,
  isNotFound,
  isRetryable,
  type KubeClient,
  type Pod,
} from '@danube/k8s-client';
import { buildJobPod, InvalidJobPodError, type JobPodOptions, PodError } from '@danube/pod-builder';
import { createJobPod, deleteJobPod, diagnose, type Diagnosis, watchJobPods } from '@danube/pod-builder/lifecycle';
import type { Logger } from '../log/logger.ts';
import { ClusterClock } from './cluster-clock.ts';
import type { CreateFailure, DiagnoseContext, PodPort } from './pod-port.ts';

/** What {@link kubePods} needs. */
export type KubePodsParts = {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly podOptions: JobPodOptions;
  readonly logger: Logger;
};

// A pass over a job is repeated by the supervisor, so that one call need not be patient.
const CALL_TIMEOUT_MS = 10_000;

/** The pods of a real cluster (or of the simulator). */
export const kubePods = (parts: KubePodsParts): PodPort => {
  const clock = new ClusterClock();
  return { ...podVerbs(parts), diagnose: (pod, context) => diagnoseBy(clock, parts, { pod, context }) };
};

const podVerbs = ({ client, namespace, podOptions, logger }: KubePodsParts): Omit<PodPort, 'diagnose'> => ({
  create: (job, pipeline) =>
    createJobPod(client, buildJobPod(job, pipeline, podOptions), { timeoutMs: CALL_TIMEOUT_MS }),

  explain: explainCreate,

  find: async (name) => {
    try {
      return await client.pods(namespace).get(name, { timeoutMs: CALL_TIMEOUT_MS });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  },

  delete: async ({ metadata }, graceSeconds) => {
    const ref = { namespace, name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
    await deleteJobPod(client, ref, { gracePeriodSeconds: graceSeconds, wait: false });
  },

  watch: (signal) =>
    watchJobPods(client, {
      namespace,
      signal,
      onError: (error) => logger.warn('the watch of job pods broke, it is taken up again', { error }),
    }),
});

const diagnoseBy = async (
  clock: ClusterClock,
  parts: KubePodsParts,
  { pod, context }: { readonly pod: Pod; readonly context: DiagnoseContext },
): Promise<Diagnosis> => {
  const { askEvents, isGone: gone, isCancelRequested: cancelRequested } = context;
  const events = askEvents ? await eventsAbout(parts, pod) : [];
  clock.see(pod);
  const nowMs = clock.nowMs();
  const found = diagnose(pod, { events, now: new Date(nowMs), gone, cancelRequested });
  // Whoever waits until then has the clock of this machine.
  return 'recheckAtMs' in found ? { ...found, recheckAtMs: found.recheckAtMs - nowMs + Date.now() } : found;
};

/** Events only explain: a diagnosis without them is still right. */
const eventsAbout = async (
  { client, namespace, logger }: Pick<KubePodsParts, 'client' | 'namespace' | 'logger'>,
  { metadata }: Pod,
): Promise<CoreEvent[]> => {
  const fieldSelector = `involvedObject.uid=${metadata?.uid ?? ''}`;
  try {
    const { items } = await client.events(namespace).list({ fieldSelector, timeoutMs: CALL_TIMEOUT_MS });
    return items;
  } catch (error) {
    logger.warn('the events of a pod cannot be read', { pod: metadata?.name, error });
    return [];
  }
};

const explainCreate = (error: unknown): CreateFailure => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InvalidJobPodError) return { reason: reason('InvalidSpec', message), isPassing: false };
  if (error instanceof PodError && error.code === 'QuotaExceeded')
    return { reason: reason('QuotaExceeded', message), isPassing: true };
  // A kube-apiserver that has just started denies everything until it has read its RBAC objects.
  if (isForbidden(error) && message.includes('cannot create resource'))
    return { reason: reason('ContainerConfigError', message), isPassing: true };
  if (isInvalid(error) || isForbidden(error)) return { reason: reason('InvalidSpec', message), isPassing: false };
  return { reason: reason('ApiUnavailable', message), isPassing: isRetryable(error) };
};
