import type { Env } from './config/cluster-config.ts';
import type { KubeError } from './errors/kube-error.ts';
import type { Requester } from './requester.ts';
import type { CallDescription } from './resources/describe-call.ts';
import type { RateLimit } from './retry/token-bucket.ts';
import type { InFlightLimit } from './retry/turns.ts';
import type { RetryObserver } from './retry/with-retries.ts';
import { checkTimeout } from './time/check-timeout.ts';
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
  /** Holds back calls that come faster; streams count when they are opened. @default no limit */
  readonly rateLimit?: RateLimit;
  /** Most calls under way at the same time, by kind; further ones wait for their turn. @default no limit */
  readonly maxInFlight?: InFlightLimit;
  /** Speaks HTTP/2 when the server does: up to a hundred calls or streams on a connection. @default false */
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
  /** Hears of every attempt when it has ended. Spans and metrics: `@danube/k8s-client/opentelemetry`. */
  readonly onAttempt?: AttemptObserver;
  /** Hears of every repetition, before its wait. */
  readonly onRetry?: RetryObserver;
  /** Stands between the typed verbs and the connection; see `@danube/k8s-client/testing`. */
  readonly intercept?: (requester: Requester) => Requester;
};

/** One attempt of a call that ended; an attempt to open a stream ends when its headers came. */
export type Attempt = CallDescription & {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** Scheme, host and port of the API server. */
  readonly server: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly durationMs: number;
  /** Status of the answer. Undefined when none came. */
  readonly status?: number;
  /** Undefined when it succeeded. */
  readonly error?: KubeError;
};

/** Hears of an attempt that ended. Must not throw. */
export type AttemptObserver = (attempt: Attempt) => void;

type Optional = 'rateLimit' | 'maxInFlight' | 'onConnect' | 'onAttempt' | 'onRetry' | 'intercept';

/** All options with their values. */
export type NormalizedClientOptions = Required<Omit<KubeClientOptions, Optional>> & {
  readonly rateLimit?: RateLimit | undefined;
  readonly maxInFlight?: InFlightLimit | undefined;
  readonly onConnect?: ConnectObserver | undefined;
  readonly onAttempt?: AttemptObserver | undefined;
  readonly onRetry?: RetryObserver | undefined;
  readonly intercept?: ((requester: Requester) => Requester) | undefined;
};

/** The only place with defaults. @throws TypeError naming the option */
export const normalizeClientOptions = (options: KubeClientOptions): NormalizedClientOptions =>
  Object.freeze({
    timeoutMs: checkTimeout(options.timeoutMs ?? 60_000, 'timeoutMs'),
    connectTimeoutMs: checkTimeout(options.connectTimeoutMs ?? 5_000, 'connectTimeoutMs'),
    maxConnections: count(options.maxConnections ?? 32, 'maxConnections'),
    http2: options.http2 ?? false,
    userAgent: text(options.userAgent ?? 'danube-k8s-client', 'userAgent'),
    fieldManager: text(options.fieldManager ?? 'danube', 'fieldManager'),
    clock: options.clock ?? systemClock,
    env: options.env ?? process.env,
    maxAttempts: count(options.maxAttempts ?? 10, 'maxAttempts'),
    rateLimit: options.rateLimit,
    maxInFlight: options.maxInFlight && inFlight(options.maxInFlight),
    onConnect: options.onConnect,
    onAttempt: options.onAttempt,
    onRetry: options.onRetry,
    intercept: options.intercept,
  });

const count = (value: number, field: string): number => {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${field}: expected a whole number, 1 or more, got ${String(value)}`);
  }
  return value;
};

const inFlight = ({ reading, mutating }: InFlightLimit): InFlightLimit => ({
  ...(reading === undefined ? {} : { reading: count(reading, 'maxInFlight.reading') }),
  ...(mutating === undefined ? {} : { mutating: count(mutating, 'maxInFlight.mutating') }),
});

/** A text that can stand in a header. */
const text = (value: string, field: string): string => {
  if (!/^[\x20-\x7e]{1,128}$/.test(value)) throw new TypeError(`${field}: expected 1 to 128 printable characters`);
  return value;
};
