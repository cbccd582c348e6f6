import { type Problem, problemsOf } from './problems.ts';
import { type Pipeline, pipelineSchema, stepSchema } from './pipeline.ts';

/** A parsed pipeline, or all that is wrong with it. */
export type ParsedPipeline =
  { readonly ok: true; readonly pipeline: Pipeline } | { readonly ok: false; readonly problems: readonly Problem[] };

const knownKeys = [
  ...Object.keys(pipelineSchema.shape),
  ...Object.keys(stepSchema.shape),
  'requests',
  'limits',
  'cpu',
  'memory',
  'ephemeral-storage',
  'secret',
  'key',
  'output',
];

/** Checks a document that should be a pipeline. Never throws: problems are returned, each naming its path. */
export const parsePipeline = (document: unknown): ParsedPipeline => {
  const parsed = pipelineSchema.safeParse(document);
  return parsed.success
    ? { ok: true, pipeline: parsed.data }
    : { ok: false, problems: problemsOf(parsed.error, document, knownKeys) };
};
