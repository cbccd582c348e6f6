import * as z from 'zod';
import { finalStateSchema, jobStateSchema } from './job.ts';
import { reasonSchema } from './reason.ts';

const base = {
  /** 1, 2, 3 … per job, without gap. A repeated number is the same event. */
  seq: z.number().int().positive(),
  /** When it happened, by the coordinator's clock. */
  at: z.iso.datetime({ precision: 3 }),
};
const step = z.number().int().nonnegative();

/** A piece of output. Bytes are kept as they came: `data` is base64 where they are not UTF-8. */
const output = z.strictObject({
  ...base,
  type: z.literal('output'),
  step,
  stream: z.enum(['stdout', 'stderr']),
  encoding: z.enum(['utf8', 'base64']),
  data: z.string(),
});

/** What a coordinator reports, in order. */
export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...base, type: z.literal('job.started') }),
  z.strictObject({ ...base, type: z.literal('step.started'), step, attempt: z.number().int().positive() }),
  output,
  z.strictObject({
    ...base,
    type: z.literal('step.finished'),
    step,
    state: z.enum(['succeeded', 'failed', 'cancelled']),
    exitCode: z.number().int().optional(),
    signal: z.string().optional(),
    reason: reasonSchema.optional(),
    continued: z.boolean().optional(),
    /** The attempt failed, and there is another: a `step.started` with the next number follows, unless the job ends first. */
    retried: z.boolean().optional(),
    durationMs: z.number().nonnegative(),
    /** Most memory that the worker has used from its start to the end of the step, where that can be read. */
    memoryPeakBytes: z.number().int().nonnegative().optional(),
    bytes: z.strictObject({ stdout: z.number().int().nonnegative(), stderr: z.number().int().nonnegative() }),
  }),
  z.strictObject({ ...base, type: z.literal('step.skipped'), step }),
  z.strictObject({
    ...base,
    type: z.literal('job.finished'),
    state: finalStateSchema,
    reason: reasonSchema.optional(),
    logComplete: z.boolean(),
  }),
]);
/** What a coordinator says about its job, with its number. */
export type JobEvent = z.infer<typeof eventSchema>;
/** A piece of output of a step. */
export type OutputEvent = z.infer<typeof output>;

/** What the api-server itself adds to a job's log. */
export const serverEventSchema = z.discriminatedUnion('type', [
  /** The job's state changed. A final state is the last entry of a log. */
  z.strictObject({ type: z.literal('job.state'), at: base.at, state: jobStateSchema, reason: reasonSchema.optional() }),
  /** How far the pod has come: scheduled, pulling which image, started. */
  z.strictObject({ type: z.literal('pod.progress'), at: base.at, message: z.string() }),
]);
/** What the api-server itself says about a job. */
export type ServerEvent = z.infer<typeof serverEventSchema>;

/** An entry of a job's log as followers get it. `position` is the `id:` of the server-sent event. */
export type LogEntry = { readonly position: number; readonly event: JobEvent | ServerEvent };

/** Body of `POST /v1/internal/jobs/:id/events`. */
export const eventBatchSchema = z.strictObject({ events: z.array(eventSchema).max(1000) });
/** Events that are sent together. */
export type EventBatch = z.infer<typeof eventBatchSchema>;

/** Its answer: all events up to `ackSeq` are stored for good. */
export const eventAckSchema = z.strictObject({ ackSeq: z.number().int().nonnegative() });
/** The answer to a batch: up to where the server has stored. */
export type EventAck = z.infer<typeof eventAckSchema>;

/** Answer of `GET /v1/internal/jobs/:id/control?waitMs=`: it comes at once when a cancel is wanted, else after `waitMs`. */
export const controlSchema = z.strictObject({ cancel: z.boolean() });
/** What the api-server tells a coordinator to do. */
export type Control = z.infer<typeof controlSchema>;

/** Bytes of a piece of output. */
export const outputBytes = (event: Pick<OutputEvent, 'data' | 'encoding'>): Buffer =>
  Buffer.from(event.data, event.encoding);
