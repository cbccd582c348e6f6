import type { PodSecurityContext, SecurityContext } from '@danube/k8s-client';

/** User and group of the coordinator. The group owns the volumes, so that both containers can write them. */
export const COORDINATOR_UID = 65532;
/** User of the worker, unless the pipeline asks for root. */
export const WORKER_UID = 1000;

/** Of the pod: what the Pod Security level `restricted` asks for, unless a container runs as root. */
export const podSecurity = (root: boolean): PodSecurityContext => ({
  ...(root ? {} : { runAsNonRoot: true }),
  fsGroup: COORDINATOR_UID,
  // The volumes are new and empty, so there is nothing to change recursively.
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
});

/** Of the coordinator: no privilege at all, and nothing to write but its volumes. */
export const coordinatorSecurity = (): SecurityContext => ({
  ...unprivileged(COORDINATOR_UID),
  readOnlyRootFilesystem: true,
});

/** Of the worker. As root it keeps the runtime's default capabilities: without them `root: true` could install nothing. */
export const workerSecurity = (root: boolean): SecurityContext =>
  root ? { runAsUser: 0, runAsGroup: 0, runAsNonRoot: false } : unprivileged(WORKER_UID);

/** What `restricted` asks of a container. */
export const unprivileged = (uid: number): SecurityContext => ({
  runAsNonRoot: true,
  runAsUser: uid,
  runAsGroup: uid,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
});
