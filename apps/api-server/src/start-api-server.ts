import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PodAuth } from './auth/pod-auth.ts';
import { tokenReviewer } from './auth/token-reviewer.ts';
import { ApiServerError } from './errors/api-server-error.ts';
import { HttpError } from './errors/http-error.ts';
import { Controls } from './http/controls.ts';
import { createApp } from './http/create-app.ts';
import { LogFeeds } from './http/sse/log-feeds.ts';
import { serverMetrics } from './metrics/server-metrics.ts';
import { type ApiServerOptions, type ApiServerSettings, normalizeOptions } from './options.ts';
import { openDatabase } from './store/database.ts';
import { JobStore } from './store/job-store.ts';
import { pipelineCheck } from './supervisor/pipeline-check.ts';
import { kubePods } from './supervisor/kube-pods.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { VERSION } from './version.ts';

/** A running api-server. */
export type ApiServer = AsyncDisposable & {
  /** Where it listens. A wildcard address is given as the loopback address. */
  readonly url: string;
  /** Ends followers and long-polls, stops supervising, closes the store. Job pods stay. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Starts an api-server: opens the store, listens, and begins to look after jobs. It neither reads the environment nor
 * prints. Jobs of an earlier run are taken up where they are.
 *
 * @throws ApiServerError saying what to do; nothing is left running then. TypeError for wrong options.
 */
export const startApiServer = async (options: ApiServerOptions): Promise<ApiServer> => {
  const settings = normalizeOptions(options);
  const store = new JobStore(openDatabase(settings.dataDir), settings);
  // Longer than coordinators and proxies keep an idle connection, so that none sends on one that is being closed.
  const http = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  try {
    await listen(http, settings);
    return run(http, store, settings);
  } catch (error) {
    http.close();
    store.close();
    throw error;
  }
};

// How long answers may still be written once the server closes.
const CLOSE_GRACE_MS = 1000;
const CHECK_TIMEOUT_MS = 3000;
const KEEP_ALIVE_MS = 75_000;

const run = (http: Server, store: JobStore, settings: ApiServerSettings): ApiServer => {
  const { client, namespace, logger, now } = settings;
  const url = urlOf(http);
  const podOptions = { ...settings.podOptions, namespace, apiUrl: settings.internalUrl ?? url };
  const pods = kubePods({ client, namespace, podOptions, logger });
  const { concurrency, cancelGraceMs } = settings;
  const supervisor = new Supervisor({ store, pods, logger, now, concurrency, times: { cancelGraceMs } });
  const feeds = new LogFeeds(store, { logger });
  const controls = new Controls(store);
  const checks = {
    store: () => store.writeCanary(),
    kubernetes: () => client.version({ timeoutMs: CHECK_TIMEOUT_MS }),
    pods: () => {
      if (!supervisor.isSynced)
        throw new HttpError('unavailable', `the pods of namespace ${namespace} are not listed yet`);
    },
  };
  const auth = new PodAuth(tokenReviewer(client), { namespace, now });
  const checkPipeline = pipelineCheck(podOptions);
  const metrics = serverMetrics({ store, followers: () => feeds.size, isSynced: () => supervisor.isSynced });
  const parts = { store, feeds, controls, auth, checkPipeline, checks, metrics, version: VERSION, logger };
  http.on('request', createApp(parts));
  supervisor.start();
  logger.info('api-server started', { url, dataDir: settings.dataDir, namespace });

  const close = async (): Promise<void> => {
    const isHttpClosed = new Promise((resolve) => http.close(resolve));
    feeds.close();
    controls.close();
    http.closeIdleConnections();
    const cut = setTimeout(() => http.closeAllConnections(), CLOSE_GRACE_MS);
    await Promise.all([isHttpClosed, supervisor.close()]);
    clearTimeout(cut);
    store.close();
    logger.info('api-server stopped');
  };
  let closed: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closed ??= close());
  return { url, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
};

const listen = (http: Server, { host, port }: ApiServerSettings): Promise<void> =>
  new Promise((resolve, reject) => {
    http.once('error', (error) => reject(explainListen(error, `${host}:${port}`)));
    http.listen({ host, port }, resolve);
  });

const explainListen = (error: NodeJS.ErrnoException, address: string): ApiServerError => {
  const cause = { cause: error };
  if (error.code === 'EADDRINUSE')
    return new ApiServerError('PORT_IN_USE', `Something listens on ${address} already`, cause);
  if (error.code === 'EACCES')
    return new ApiServerError('PORT_FORBIDDEN', `This user may not listen on ${address}`, cause);
  return new ApiServerError('ADDRESS_UNAVAILABLE', `Cannot listen on ${address} (${error.code})`, cause);
};

const urlOf = (http: Server): string => {
  const { address, family, port } = http.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`;
};
