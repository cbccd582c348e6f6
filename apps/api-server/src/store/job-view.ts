import { isFinal, type Job, type Reason, type StepView } from '@danube/contract';
import { jobPodName } from '@danube/pod-builder';
import type { JobRow } from './job-table.ts';

/** A job as people see it. */
export const jobView = (row: JobRow, steps: readonly StepView[]): Job => ({
  id: row.id,
  pipelineId: row.pipeline_id,
  state: row.state,
  ...(row.reason === null ? {} : { reason: JSON.parse(row.reason) as Reason }),
  attempt: row.attempt,
  cancelRequested: row.cancel_requested_at !== null,
  logComplete: row.log_complete === 1,
  ...(row.taken_at === null ? {} : { podName: jobPodName(row) }),
  createdAt: row.created_at,
  ...(row.started_at === null ? {} : { startedAt: row.started_at }),
  ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  steps: [...steps],
});

/** A job as its supervisor sees it. */
export type SupervisedJob = {
  readonly id: string;
  readonly attempt: number;
  readonly state: Job['state'];
  readonly isFinal: boolean;
  /** Uid of the pod that was created for it. */
  readonly podUid: string | undefined;
  /** Highest number of the coordinator's events that is stored. */
  readonly ackedSeq: number;
  /** Its coordinator ended because something other than Danube told it to, and said whether its log is complete. */
  readonly toldToEnd: { readonly logComplete: boolean } | undefined;
  /** The last word about its start. */
  readonly progress: string | undefined;
  readonly takenAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly cancelRequestedAtMs: number | undefined;
};

export const supervisedView = (row: JobRow): SupervisedJob => ({
  id: row.id,
  attempt: row.attempt,
  state: row.state,
  isFinal: isFinal(row.state),
  podUid: row.pod_uid ?? undefined,
  ackedSeq: row.acked_seq,
  toldToEnd: row.told_to_end === null ? undefined : { logComplete: row.told_to_end === 1 },
  progress: row.progress ?? undefined,
  takenAtMs: ms(row.taken_at),
  startedAtMs: ms(row.started_at),
  finishedAtMs: ms(row.finished_at),
  cancelRequestedAtMs: ms(row.cancel_requested_at),
});

const ms = (time: string | null): number | undefined => (time === null ? undefined : Date.parse(time));
