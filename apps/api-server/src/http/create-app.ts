import express, { type Express, type RequestHandler } from 'express';
import type { PodAuth } from '../auth/pod-auth.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Controls } from './controls.ts';
import { errorAnswer, notFound } from './errors.ts';
import { healthRoutes, type ReadinessChecks } from './health.ts';
import { internalRoutes } from './routes/internal.ts';
import { jobRoutes, type PipelineCheck } from './routes/jobs.ts';
import { logRoutes } from './routes/logs.ts';
import type { LogFeeds } from './sse/log-feeds.ts';

/** What the HTTP side is made of. */
export type AppParts = {
  readonly store: JobStore;
  readonly feeds: LogFeeds;
  readonly controls: Controls;
  readonly auth: PodAuth;
  readonly checkPipeline: PipelineCheck;
  readonly checks: ReadinessChecks;
  readonly version: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
};

/** The Express application. It listens nowhere and starts nothing. */
export const createApp = (parts: AppParts): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(logRequests(parts.logger));
  app.use(healthRoutes(parts));
  app.use('/v1/internal/jobs', internalRoutes(parts));
  app.use('/v1/jobs', jobRoutes(parts.store, parts.checkPipeline), logRoutes(parts.store, parts.feeds));
  app.use(notFound);
  app.use(errorAnswer(parts.logger));
  return app;
};

const logRequests =
  (logger: Logger): RequestHandler =>
  (request, response, next) => {
    const startMs = performance.now();
    response.on('close', () => {
      const { method, path } = request;
      logger.debug('request', {
        method,
        path,
        status: response.statusCode,
        ms: Math.round(performance.now() - startMs),
      });
    });
    next();
  };
