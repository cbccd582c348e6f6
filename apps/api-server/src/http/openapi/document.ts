import { jobStateSchema } from '@danube/contract';
import { components } from './components.ts';
import { failures, header, jobId, json, jsonBody, query, ref } from './parts.ts';

/** The API as an OpenAPI 3.1 document, made of the same schemas that check requests. */
export const openApiDocument = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Danube api-server',
    version,
    description: 'Queues jobs, runs each as a Kubernetes pod, stores and serves their logs.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  paths: {
    '/v1/jobs': {
      post: {
        operationId: 'submitJob',
        summary: 'Queue a job. It is on disk before the answer.',
        parameters: [
          header('Idempotency-Key', 'The same key with the same pipeline is the same job.', {
            type: 'string',
            minLength: 1,
            maxLength: 255,
          }),
        ],
        requestBody: jsonBody({ type: 'object', required: ['pipeline'], properties: { pipeline: ref('Pipeline') } }),
        responses: {
          '201': json('The new job', ref('Job')),
          '200': json('The job that was queued under this key before', ref('Job')),
          ...failures('invalid_json', 'idempotency_conflict', 'body_too_large', 'unsupported_media_type'),
        },
      },
      get: {
        operationId: 'listJobs',
        summary: 'Jobs, newest first.',
        parameters: [
          query('state', `States, separated by commas: ${jobStateSchema.options.join(', ')}.`, { type: 'string' }),
          query('limit', 'Jobs per page.', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
          query('cursor', 'The nextCursor of the page before.', { type: 'string' }),
        ],
        responses: {
          '200': json('A page', {
            type: 'object',
            required: ['jobs'],
            properties: { jobs: { type: 'array', items: ref('Job') }, nextCursor: { type: 'string' } },
          }),
          ...failures('invalid_query'),
        },
      },
    },
    '/v1/jobs/{id}': {
      parameters: [jobId],
      get: {
        operationId: 'getJob',
        summary: 'A job and its steps.',
        responses: { '200': json('The job', ref('Job')), ...failures('job_not_found') },
      },
    },
    '/v1/jobs/{id}/cancel': {
      parameters: [jobId],
      post: {
        operationId: 'cancelJob',
        summary: 'Want the end of a job. Safe to repeat.',
        responses: { '200': json('The job as it is now', ref('Job')), ...failures('job_not_found') },
      },
    },
    '/v1/jobs/{id}/logs': {
      parameters: [jobId],
      get: {
        operationId: 'readLog',
        summary: 'A log as JSON or text, or live as server-sent events.',
        parameters: [
          query('after', 'Only what follows this position.', { type: 'integer', minimum: 0, default: 0 }),
          query('format', 'Without follow: entries, or the bytes of the output alone.', {
            enum: ['json', 'text'],
            default: 'json',
          }),
          query('follow', 'Server-sent events until the end of the job; `id:` is the position.', {
            enum: ['0', '1', 'false', 'true'],
            default: '0',
          }),
          header('Last-Event-ID', 'Position to go on after; wins over `after`.', { type: 'integer', minimum: 0 }),
        ],
        responses: {
          '200': {
            description: 'The log',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['entries'],
                  properties: { entries: { type: 'array', items: ref('LogEntry') } },
                },
              },
              'text/plain': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } },
              'text/event-stream': { schema: { type: 'string' } },
            },
          },
          '204': { description: 'Nothing will ever follow: do not come back' },
          ...failures('invalid_query', 'job_not_found'),
        },
      },
    },
    '/v1/internal/jobs/{id}/events': {
      parameters: [jobId],
      post: {
        operationId: 'reportEvents',
        summary: 'For coordinators: numbered events of a job, each stored once and without gap.',
        security: [{ podToken: [] }],
        requestBody: jsonBody(ref('EventBatch')),
        responses: {
          '200': json('Up to where everything is stored', ref('EventAck')),
          ...failures('invalid_events', 'unauthorized', 'forbidden', 'job_ended', 'body_too_large', 'unavailable'),
        },
      },
    },
    '/v1/internal/jobs/{id}/control': {
      parameters: [jobId],
      get: {
        operationId: 'awaitControl',
        summary: 'For coordinators: whether the job is to end. Answers at once when it is, else after waitMs.',
        security: [{ podToken: [] }],
        parameters: [
          query('waitMs', 'Longest wait.', { type: 'integer', minimum: 0, maximum: 60_000, default: 20_000 }),
        ],
        responses: {
          '200': json('What is wanted', ref('Control')),
          ...failures('invalid_query', 'unauthorized', 'forbidden', 'unavailable'),
        },
      },
    },
    '/healthz': {
      get: {
        operationId: 'isAlive',
        summary: 'The process answers.',
        responses: { '200': json('Alive', { type: 'object' }) },
      },
    },
    '/readyz': {
      get: {
        operationId: 'isReady',
        summary: 'Whether it can do its work, each check by name.',
        responses: { '200': json('Ready', ref('Readiness')), '503': json('Not ready', ref('Readiness')) },
      },
    },
    '/version': {
      get: {
        operationId: 'getVersion',
        summary: 'Name and version.',
        responses: { '200': json('Version', { type: 'object' }) },
      },
    },
    '/metrics': {
      get: {
        operationId: 'getMetrics',
        summary: 'Metrics for Prometheus.',
        responses: { '200': { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        summary: 'This document.',
        responses: { '200': json('OpenAPI 3.1', { type: 'object' }) },
      },
    },
  },
  components: components(),
});
