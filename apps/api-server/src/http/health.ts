import { Router } from 'express';
import type { Metrics } from '../metrics/metrics.ts';

/** What readiness depends on: rejects, or throws, when it does not hold. */
export type ReadinessChecks = Readonly<Record<string, () => unknown>>;

type Check = { readonly name: string; readonly ok: boolean; readonly message?: string };

/** What these routes tell of. */
export type HealthParts = { readonly checks: ReadinessChecks; readonly version: string; readonly metrics: Metrics };

/** `/healthz` (the process answers), `/readyz` (it can do its work; each check by name), and what describes the server. */
export const healthRoutes = ({ checks, version, metrics }: HealthParts): Router => {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const results = await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)));
    const ok = results.every((result) => result.ok);
    response.status(ok ? 200 : 503).json({ status: ok ? 'ok' : 'failing', checks: results });
  });

  router.get('/version', (_request, response) => {
    response.json({ name: 'danube-api-server', version });
  });

  router.get('/metrics', (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.text());
  });

  router.get('/openapi.json', async (_request, response) => {
    const { openApiDocument } = await import('./openapi/document.ts'); // only for who asks: it takes time to make
    response.json(openApiDocument(version));
  });

  return router;
};

const run = async (name: string, check: () => unknown): Promise<Check> => {
  try {
    await check();
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
};
