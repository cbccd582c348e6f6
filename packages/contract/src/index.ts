export { durationMs, isDuration } from './duration.ts';
export {
  type Control,
  controlSchema,
  type EventAck,
  eventAckSchema,
  type EventBatch,
  eventBatchSchema,
  eventSchema,
  type JobEvent,
  type LogEntry,
  outputBytes,
  type OutputEvent,
  type ServerEvent,
  serverEventSchema,
} from './event.ts';
export {
  type FinalState,
  finalStateSchema,
  isFinal,
  type Job,
  jobIdSchema,
  type JobResult,
  jobResultSchema,
  jobSchema,
  type JobSpec,
  jobSpecSchema,
  type JobState,
  jobStateSchema,
  type StepState,
  stepStateSchema,
  type StepView,
  stepViewSchema,
} from './job.ts';
export { type ParsedPipeline, parsePipeline } from './parse-pipeline.ts';
export {
  DEFAULT_JOB_TIMEOUT,
  type OutputRef,
  type Pipeline,
  pipelineSchema,
  type SecretRef,
  type Step,
  stepSchema,
} from './pipeline.ts';
export { pathText, type Problem, problemsOf } from './problems.ts';
export { durationText, memoryText } from './words.ts';
export { type Reason, reason, type ReasonClass, type ReasonCode, reasons, reasonSchema } from './reason.ts';
