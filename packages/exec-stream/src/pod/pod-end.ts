import { ExecPodError } from '../errors.ts';

/** The part of a pod that tells whether its container still is what it was. A Kubernetes `Pod` is one. */
export interface PodLike {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly containerStatuses?: readonly ContainerStatusLike[];
    readonly initContainerStatuses?: readonly ContainerStatusLike[];
  };
}

/** The part of a container status that is looked at. */
export interface ContainerStatusLike {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly terminated?: TerminatedLike };
  readonly lastState?: { readonly terminated?: TerminatedLike };
}

interface TerminatedLike {
  readonly reason?: string;
  readonly exitCode?: number;
}

/** What a container was when the command was started in it. */
export interface PodBaseline {
  readonly uid: string | undefined;
  readonly restarts: number;
}

const statusOf = (pod: PodLike, container: string): ContainerStatusLike | undefined =>
  [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );

/** What to compare later looks with. */
export const baselineOf = (pod: PodLike, container: string): PodBaseline => ({
  uid: pod.metadata?.uid,
  restarts: statusOf(pod, container)?.restartCount ?? 0,
});

/** Why a command in this container cannot run any more; undefined while it can. Pure. `undefined` for the pod means that it is gone. */
export function podEnd(pod: PodLike | undefined, container: string, baseline: PodBaseline): ExecPodError | undefined {
  if (!pod || pod.metadata?.uid !== baseline.uid) return ended('EXEC_POD_DELETED', '');
  const { phase, reason, message = '' } = pod.status ?? {};
  if (phase === 'Failed' && reason === 'Evicted') return ended('EXEC_POD_EVICTED', message);
  const status = statusOf(pod, container);
  const restarted = (status?.restartCount ?? 0) > baseline.restarts;
  const terminated = status?.state?.terminated ?? (restarted ? status?.lastState?.terminated : undefined);
  if (terminated?.reason === 'OOMKilled') return ended('EXEC_OOM_KILLED', container);
  const end = `${container}${terminated?.exitCode === undefined ? '' : ` with exit code ${terminated.exitCode}`}`;
  if (restarted) return ended('EXEC_CONTAINER_RESTARTED', end);
  if (terminated) return ended('EXEC_CONTAINER_ENDED', end);
  if (phase === 'Failed' || phase === 'Succeeded') return ended('EXEC_CONTAINER_ENDED', message || reason || phase);
  return undefined;
}

const ended = (
  code:
    'EXEC_POD_DELETED' | 'EXEC_POD_EVICTED' | 'EXEC_OOM_KILLED' | 'EXEC_CONTAINER_ENDED' | 'EXEC_CONTAINER_RESTARTED',
  detail: string,
) => new ExecPodError(code, detail, { started: 'yes' });
