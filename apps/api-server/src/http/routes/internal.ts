import { controlSchema, eventBatchSchema, type EventBatch, problemsOf } from '@danube/contract';
import { Router } from 'express';
import type { PodAuth } from '../../auth/pod-auth.ts';
import { HttpError } from '../../errors/http-error.ts';
import type { JobStore } from '../../store/job-store.ts';
import type { Controls } from '../controls.ts';
import { jsonBody } from '../json-body.ts';
import { queryNumber } from '../query.ts';

// A batch holds at most 1000 events; a coordinator sends about 256 KiB at a time.
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** What the internal routes need. */
export type InternalParts = { readonly store: JobStore; readonly auth: PodAuth; readonly controls: Controls };

/** What coordinators call. Each may speak only for the job of its own pod. */
export const internalRoutes = ({ store, auth, controls }: InternalParts): Router => {
  const router = Router();

  router.use('/:id', async (request, _response, next) => {
    await auth.check(request.get('authorization'), store.supervised(request.params.id));
    next();
  });

  router.use('/:id/events', ...jsonBody(MAX_BATCH_BYTES));
  router.post('/:id/events', (request, response) => {
    response.json(store.ingest(request.params.id, batchOf(request.body).events));
  });

  router.get('/:id/control', async (request, response) => {
    const waitMs = queryNumber(request, 'waitMs', { least: 0, most: 60_000, otherwise: 20_000 });
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const control = await controls.wait(request.params.id, waitMs, gone.signal);
    if (!response.destroyed) response.json(controlSchema.parse(control));
  });

  return router;
};

const batchOf = (body: unknown): EventBatch => {
  const parsed = eventBatchSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HttpError('invalid_events', 'the batch of events is not valid', {
    // Without the values: they are output of the job.
    problems: problemsOf(parsed.error, undefined)
      .slice(0, 20)
      .map(({ path, message }) => ({ path, message: message.replace(/, got nothing$/, '') })),
  });
};
