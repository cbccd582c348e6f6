import type { Env } from './config/cluster-config.ts';
import type { RetryObserver } from './retry/with-retries.ts';
import { type Clock, systemClock } from './time/clock.ts';
import type { ConnectObserver } from './transport/connector.ts';

/** How a client behaves. */
export type KubeClientOptions = {
  /** Time for a call with all its retries, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number;
  /** Time to open a connection, TCP and TLS together, in milliseconds. @default 5_000 */
  readonly connectTimeoutMs?: number;
  /** Most connections that short calls share; streams have their own. @default 32 */
  readonly maxConnections?: number;
  /** Speaks HTTP/2 when the server does. @default false */
  readonly http2?: boolean;
  /** @default 'danube-k8s-client' */
  readonly userAgent?: string;
  /** Who is named in `managedFields` for what this client writes. @default 'danube' */
  readonly fieldManager?: string;
  /** Time and chance, for tests. @default the system's */
  readonly clock?: Clock;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked up. @default process.env */
  readonly env?: Env;
  /** Most tries of one call, the first included. @default 10 */
  readonly maxAttempts?: number;
  /** Hears of every connection that is opened. */
  readonly onConnect?: ConnectObserver;
  /** Hears of every repetition, before its wait. */
  readonly onRetry?: RetryObserver;
};

/** All options with their values. */
export type NormalizedClientOptions = Required<Omit<KubeClientOptions, 'onConnect' | 'onRetry'>> & {
  readonly onConnect?: ConnectObserver | undefined;
  readonly onRetry?: RetryObserver | undefined;
};

/** The only place with defaults. @throws TypeError naming the option */
export const normalizeClientOptions = (options: KubeClientOptions): NormalizedClientOptions =>
  Object.freeze({
    timeoutMs: positive(options.timeoutMs ?? 60_000, 'timeoutMs'),
    connectTimeoutMs: positive(options.connectTimeoutMs ?? 5_000, 'connectTimeoutMs'),
    maxConnections: positive(options.maxConnections ?? 32, 'maxConnections'),
    http2: options.http2 ?? false,
    userAgent: options.userAgent ?? 'danube-k8s-client',
    fieldManager: options.fieldManager ?? 'danube',
    clock: options.clock ?? systemClock,
    env: options.env ?? process.env,
    maxAttempts: positive(options.maxAttempts ?? 10, 'maxAttempts'),
    onConnect: options.onConnect,
    onRetry: options.onRetry,
  });

const positive = (value: number, field: string): number => {
  if (!Number.isFinite(value) || value <= 0) {
    throw new TypeError(`${field}: expected a number above 0, got ${String(value)}`);
  }
  return value;
};
