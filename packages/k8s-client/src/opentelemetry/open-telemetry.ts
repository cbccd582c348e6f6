import {
  type Attributes,
  metrics,
  type MeterProvider,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
  ValueType,
} from '@opentelemetry/api';
import type { Attempt, KubeClientOptions } from '../client-options.ts';
import { urlTemplate } from './url-template.ts';

/** Where spans and metrics go. */
export type OpenTelemetryOptions = {
  /** @default the global one */
  readonly tracerProvider?: TracerProvider;
  /** @default the global one */
  readonly meterProvider?: MeterProvider;
};

/** Options of a client that report to OpenTelemetry. */
export type TelemetryHooks = Required<Pick<KubeClientOptions, 'onAttempt' | 'onRetry' | 'onConnect'>>;

const SCOPE = '@danube/k8s-client';
/** What the conventions advise for this histogram. */
const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Options of a client that make a span of every attempt, and metrics of attempts, repetitions and connections.
 *
 * Each attempt is a span of its own, below the span that is active where the verb was called. It is made when the
 * attempt has ended, so no trace context is sent to the API server. A stream's span ends when its headers came.
 * No credential, body, query or name of an object is in an attribute other than the path in `url.full`.
 *
 * Metrics: `http.client.request.duration` (s), `danube.k8s_client.retries`, `danube.k8s_client.connections`.
 *
 * Source of names and attributes: OpenTelemetry semantic conventions for HTTP client spans and metrics (stable).
 * @example
 * const client = new KubeClient(await loadConfig(), openTelemetry());
 */
export const openTelemetry = (options: OpenTelemetryOptions = {}): TelemetryHooks => {
  const tracer = (options.tracerProvider ?? trace).getTracer(SCOPE);
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE);
  const duration = meter.createHistogram('http.client.request.duration', {
    description: 'Duration of requests to the Kubernetes API server',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS_S },
  });
  const retries = meter.createCounter('danube.k8s_client.retries', {
    description: 'Attempts that failed and were repeated',
    valueType: ValueType.INT,
  });
  const connections = meter.createCounter('danube.k8s_client.connections', {
    description: 'Connections to the API server that were opened, or failed to open',
    valueType: ValueType.INT,
  });

  return {
    onAttempt: (attempt) => {
      const endMs = Date.now();
      const attributes = attributesOf(attempt);
      const span = tracer.startSpan(`${attempt.method} ${urlTemplate(attempt)}`, {
        kind: SpanKind.CLIENT,
        startTime: endMs - attempt.durationMs,
        attributes: {
          ...attributes,
          'url.full': `${attempt.server}${attempt.path}`,
          ...(attempt.namespace === undefined ? {} : { 'k8s.namespace.name': attempt.namespace }),
          ...(attempt.attempt === 1 ? {} : { 'http.request.resend_count': attempt.attempt - 1 }),
        },
      });
      if (attempt.error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: attempt.error.message });
      }
      span.end(endMs);
      duration.record(attempt.durationMs / 1000, attributes);
    },
    onRetry: ({ error }) => {
      retries.add(1, { 'error.type': error.code });
    },
    onConnect: ({ ok, tls }) => {
      connections.add(1, { 'danube.connection.ok': ok, 'danube.connection.tls': tls });
    },
  };
};

/** Few values each: these are of spans and of metrics. */
const attributesOf = (attempt: Attempt): Attributes => {
  const { hostname, port, protocol } = new URL(attempt.server);
  return {
    'http.request.method': attempt.method,
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    'url.scheme': protocol.slice(0, -1),
    'url.template': urlTemplate(attempt),
    ...(attempt.status === undefined ? {} : { 'http.response.status_code': attempt.status }),
    ...(attempt.error === undefined ? {} : { 'error.type': attempt.error.code }),
  };
};
