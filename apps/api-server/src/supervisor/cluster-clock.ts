import type { Pod } from '@danube/k8s-client';

/**
 * The time of the cluster, as far as its pods tell it. The age of a pod is counted by it, because the timestamps of a pod are the
 * cluster's, and the clock of this machine may differ from that one, or jump. It may be behind, never ahead: a pod that is
 * old when the first look at any pod is taken counts as new.
 */
export class ClusterClock {
  readonly #ticksMs: () => number;
  /** What the clock of the cluster says when our ticks, which no clock moves, are at 0. */
  #startMs = Number.NEGATIVE_INFINITY;

  constructor(ticksMs: () => number = () => performance.now()) {
    this.#ticksMs = ticksMs;
  }

  /** Takes note of a pod: the cluster is at least as late as its creation. */
  see({ metadata }: Pod): void {
    const createdMs = new Date(metadata?.creationTimestamp ?? 0).getTime();
    this.#startMs = Math.max(this.#startMs, createdMs - this.#ticksMs());
  }

  /** Milliseconds since 1970. Look at a pod first. */
  nowMs(): number {
    return this.#startMs + this.#ticksMs();
  }
}
