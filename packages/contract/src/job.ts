import * as z from 'zod';
import { pipelineSchema } from './pipeline.ts';
import { reasonSchema } from './reason.ts';

/** States of a job. The last four are final; a state changes only on evidence. */
export const jobStateSchema = z.enum(['queued', 'starting', 'running', 'succeeded', 'failed', 'cancelled', 'error']);
/** Where a job is on its way. */
export type JobState = z.infer<typeof jobStateSchema>;

/** Final states: `failed` is the pipeline's doing, `error` is infrastructure. */
export const finalStateSchema = z.enum(['succeeded', 'failed', 'cancelled', 'error']);
/** How a job has ended. */
export type FinalState = z.infer<typeof finalStateSchema>;

/** Whether a state is final. */
export const isFinal = (state: JobState): state is FinalState => finalStateSchema.safeParse(state).success;

/** States of a step. */
export const stepStateSchema = z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled']);
/** Where a step is on its way. */
export type StepState = z.infer<typeof stepStateSchema>;

const time = z.iso.datetime();

/** Ids of jobs: they become a pod name and a label. */
export const jobIdSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/, { error: 'expected a job id' });

/** A step as people see it. */
export const stepViewSchema = z.strictObject({
  name: z.string(),
  state: stepStateSchema,
  /** Exit code, when an exit record proves it. */
  exitCode: z.number().int().optional(),
  /** Name of the signal that ended the command, such as `KILL`. */
  signal: z.string().optional(),
  reason: reasonSchema.optional(),
  /** The step failed, and the job went on because of `continueOnError`. */
  continued: z.boolean().optional(),
  /** The attempt failed, and there is another. */
  retried: z.boolean().optional(),
  /** The attempt of the step that this tells of; absent before the first. */
  attempt: z.number().int().positive().optional(),
  startedAt: time.optional(),
  finishedAt: time.optional(),
  durationMs: z.number().nonnegative().optional(),
  /** Most memory that the worker has used from its start to the end of the step, where that can be read. */
  memoryPeakBytes: z.number().int().nonnegative().optional(),
});
/** A step as the API shows it. */
export type StepView = z.infer<typeof stepViewSchema>;

/** A job as people see it. */
export const jobSchema = z.strictObject({
  id: jobIdSchema,
  pipelineId: z.string(),
  state: jobStateSchema,
  reason: reasonSchema.optional(),
  attempt: z.number().int().positive(),
  cancelRequested: z.boolean(),
  /** False once it is known that output is missing from the log. */
  logComplete: z.boolean(),
  podName: z.string().optional(),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
  steps: z.array(stepViewSchema),
});
/** A job as the API shows it. */
export type Job = z.infer<typeof jobSchema>;

/** What travels in the pod: all that a coordinator needs to run a job. */
export const jobSpecSchema = z.strictObject({
  version: z.literal(1),
  jobId: jobIdSchema,
  attempt: z.number().int().positive(),
  pipeline: pipelineSchema,
});
/** What a coordinator needs to know to run its job. */
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** What a coordinator leaves as its termination message: the second evidence of how a job ended. At most 4 KiB. */
export const jobResultSchema = z.strictObject({
  version: z.literal(1),
  jobId: jobIdSchema,
  state: finalStateSchema,
  reason: reasonSchema.optional(),
  /** Sequence number of the last event; the log is complete when the store has it. */
  lastSeq: z.number().int().nonnegative(),
});
/** How a coordinator says that its job has ended. */
export type JobResult = z.infer<typeof jobResultSchema>;
