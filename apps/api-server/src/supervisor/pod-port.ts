import type { Pipeline, Reason } from '@danube/contract';
import type { Pod } from '@danube/k8s-client';
import type { Diagnosis } from '@danube/pod-builder/lifecycle';

/** A job attempt, as pods are named and built for. */
export type JobAttempt = { readonly id: string; readonly attempt: number };

/** News of the pods of jobs. After `synced`, everything that exists has been told. */
export type PodNews = { readonly type: 'applied' | 'deleted'; readonly pod: Pod } | { readonly type: 'synced' };

/** What the meaning of a pod's status depends on beside the pod. */
export type DiagnoseContext = {
  /** Read the events about the pod, too. They cost a request. */
  readonly askEvents: boolean;
  readonly isGone: boolean;
  readonly isCancelRequested: boolean;
};

/** Why a pod could not be created, and whether trying again can help. */
export type CreateFailure = { readonly reason: Reason; readonly isPassing: boolean };

/** All that the supervisor asks of a cluster. */
export type PodPort = {
  /** Creates the pod of an attempt, or finds the one that was created before. */
  create(job: JobAttempt, pipeline: Pipeline): Promise<Pod>;
  /** What an error of `create` means. */
  explain(error: unknown): CreateFailure;
  /** Asks the cluster itself, not a cache. */
  find(name: string): Promise<Pod | undefined>;
  /** Deletes exactly this pod; does nothing when it is gone, or when another has its name. */
  delete(pod: Pod, graceSeconds: number): Promise<void>;
  watch(signal: AbortSignal): AsyncIterable<PodNews>;
  /** Says how far a pod has come, or why it will not get further. */
  diagnose(pod: Pod, context: DiagnoseContext): Promise<Diagnosis>;
};
