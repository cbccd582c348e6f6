import { JOBS_NAMESPACE } from '@danube/contract/names';
import type { KubeClient } from '@danube/k8s-client';
import type { JobPodOptions } from '@danube/pod-builder';
import type { RetryPolicy } from './domain/retry.ts';
import { type Logger, silentLogger } from './log/logger.ts';

/** What {@link startApiServer} needs. */
export type ApiServerOptions = {
  /** Address to listen on. It has no users or passwords of its own: keep it on loopback or inside a cluster. */
  readonly host: string;
  /** Port to listen on; 0 takes a free one, and the returned `url` tells which. */
  readonly port: number;
  /** Directory of the store, created when missing; `:memory:` keeps everything in memory only. */
  readonly dataDir: string;
  /** The cluster that runs the jobs. It stays the caller's: `close()` of the api-server does not close it. */
  readonly client: KubeClient;
  /** Namespace of job pods. It must exist, and belong to one api-server only. @default 'danube-jobs' */
  readonly namespace?: string;
  /** How job pods are built, without `apiUrl` and `namespace`: the api-server fills in these two. */
  readonly podOptions?: Omit<JobPodOptions, 'apiUrl' | 'namespace'>;
  /** Base URL under which job pods reach this api-server. @default its own url */
  readonly internalUrl?: string;
  /** How many jobs may have a pod at the same time. @default 20 */
  readonly concurrency?: number;
  /** How long a coordinator may take to end a cancelled job before its pod is deleted. @default 30000 */
  readonly cancelGraceMs?: number;
  /**
   * When a job that the infrastructure failed is run again, as a new attempt.
   * @default twice per job, 60 times an hour, and only when no step has begun
   */
  readonly retry?: Partial<RetryPolicy>;
  /** @default no log */
  readonly logger?: Logger;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
};

/** {@link ApiServerOptions} with every default filled in. */
export type ApiServerSettings = Readonly<Required<Omit<ApiServerOptions, 'internalUrl' | 'retry'>>> & {
  readonly retry: RetryPolicy;
  readonly internalUrl: string | undefined;
};

/** The only place with defaults. @throws TypeError naming the option, what was expected and what was got. */
export const normalizeOptions = (options: ApiServerOptions): ApiServerSettings => {
  const settings = {
    host: options.host,
    port: options.port,
    dataDir: options.dataDir,
    client: options.client,
    namespace: options.namespace ?? JOBS_NAMESPACE,
    podOptions: { ...options.podOptions },
    internalUrl: options.internalUrl?.replace(/\/+$/, ''),
    concurrency: options.concurrency ?? 20,
    cancelGraceMs: options.cancelGraceMs ?? 30_000,
    retry: { perJob: 2, perHour: 60, startedJobs: false, ...options.retry },
    logger: options.logger ?? silentLogger,
    now: options.now ?? Date.now,
  };
  expectThat(settings.host !== '', 'host: expected an address', settings.host);
  expectThat(settings.dataDir !== '', 'dataDir: expected a directory or ":memory:"', settings.dataDir);
  expectThat(isWhole(settings.port, 0) && settings.port < 65_536, 'port: expected a port, 0 to 65535', settings.port);
  expectThat(isWhole(settings.concurrency, 1), 'concurrency: expected a whole number above 0', settings.concurrency);
  expectThat(
    isWhole(settings.cancelGraceMs, 0),
    'cancelGraceMs: expected milliseconds, 0 or more',
    settings.cancelGraceMs,
  );
  const { internalUrl, retry } = settings;
  expectThat(isWhole(retry.perJob, 0), 'retry.perJob: expected a whole number, 0 or more', retry.perJob);
  expectThat(isWhole(retry.perHour, 0), 'retry.perHour: expected a whole number, 0 or more', retry.perHour);
  expectThat(internalUrl === undefined || isHttpUrl(internalUrl), 'internalUrl: expected an http(s) URL', internalUrl);
  return Object.freeze(settings);
};

const isWhole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

const expectThat = (holds: boolean, expectation: string, got: unknown): void => {
  if (!holds) throw new TypeError(`${expectation}, got ${JSON.stringify(got)}`);
};
