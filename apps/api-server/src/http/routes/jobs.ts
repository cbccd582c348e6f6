import { parsePipeline, type Pipeline, type Problem } from '@danube/contract';
import { Router, type Request } from 'express';
import { newJobId } from '../../domain/job-id.ts';
import { HttpError } from '../../errors/http-error.ts';
import type { JobStore } from '../../store/job-store.ts';
import { cursorOf, parseCursor } from '../cursor.ts';
import { jsonBody } from '../json-body.ts';
import { queryNumber, queryStates, queryText } from '../query.ts';

// The pipeline travels in an annotation of the pod, and all annotations of an object share 256 KiB.
const MAX_PIPELINE_BYTES = 256 * 1024;

/** Says what keeps a pipeline from becoming a pod on this server; nothing when it can. */
export type PipelineCheck = (pipeline: Pipeline) => readonly Problem[];

/** Submit, list, get and cancel jobs. */
export const jobRoutes = (store: JobStore, check: PipelineCheck): Router => {
  const router = Router();

  router.post('/', ...jsonBody(MAX_PIPELINE_BYTES), (request, response) => {
    const pipeline = pipelineOf(request.body);
    const problems = check(pipeline);
    if (problems.length > 0) throw invalidPipeline(problems);
    const { job, isNew } = store.submit({ id: newJobId(), pipeline, idempotencyKey: idempotencyKey(request) });
    response
      .status(isNew ? 201 : 200)
      .location(`/v1/jobs/${job.id}`)
      .json(job);
  });

  router.get('/', (request, response) => {
    const { jobs, next } = store.list({
      states: queryStates(request),
      limit: queryNumber(request, 'limit', { least: 1, most: 500, otherwise: 50 }),
      before: parseCursor(queryText(request, 'cursor')),
    });
    response.json({ jobs, ...(next === undefined ? {} : { nextCursor: cursorOf(next) }) });
  });

  router.get('/:id', (request, response) => {
    response.json(store.get(request.params.id));
  });

  router.post('/:id/cancel', (request, response) => {
    response.json(store.requestCancel(request.params.id));
  });

  return router;
};

const pipelineOf = (body: unknown): Pipeline => {
  if (typeof body !== 'object' || body === null || !('pipeline' in body))
    throw new HttpError('invalid_pipeline', 'expected a JSON object with the key "pipeline"', {
      problems: [{ path: ['pipeline'], message: 'pipeline: expected a mapping, got nothing' }],
    });
  const parsed = parsePipeline(body.pipeline);
  if (parsed.ok) return parsed.pipeline;
  throw invalidPipeline(parsed.problems);
};

const invalidPipeline = (problems: readonly Problem[]): HttpError =>
  new HttpError('invalid_pipeline', 'the pipeline is not valid', { problems });

const idempotencyKey = (request: Request): string | undefined => {
  const key = request.get('idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpError('invalid_query', 'Idempotency-Key: expected 1 to 255 visible ASCII characters');
};
