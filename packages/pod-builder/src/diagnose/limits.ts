/** How long each kind of trouble may last before it is final. In milliseconds. */
export type DiagnoseLimits = {
  /**
   * How long the kubelet may retry the pull of an image, from its first failure. Covers a registry that stumbles once:
   * the kubelet tries again after 10 s. @default 20000
   */
  readonly imagePullMs: number;
  /** How long an error while a container is made may last that the kubelet retries. @default 20000 */
  readonly createContainerMs: number;
  /** How long a volume may wait for a Secret or ConfigMap that does not exist. @default 30000 */
  readonly missingObjectMs: number;
  /** How long no node may fit. @default 300000 */
  readonly unschedulableMs: number;
  /** The same while an autoscaler says that it is adding a node. @default 900000 */
  readonly scaleUpMs: number;
  /** From scheduled (or created, while no scheduler has looked) to both containers running. @default 600000 */
  readonly startMs: number;
  /** How long a coordinator may take to report after the worker ended under it. @default 30000 */
  readonly reportMs: number;
  /** How long after the grace period of a deletion the node may take to confirm it. @default 60000 */
  readonly confirmDeletionMs: number;
};

/** The times that a diagnosis allows unless it is told others, in milliseconds. */
export const defaultLimits: DiagnoseLimits = {
  imagePullMs: 20_000,
  createContainerMs: 20_000,
  missingObjectMs: 30_000,
  unschedulableMs: 300_000,
  scaleUpMs: 900_000,
  startMs: 600_000,
  reportMs: 30_000,
  confirmDeletionMs: 60_000,
};
