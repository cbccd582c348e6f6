import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { failWith, json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import { openTelemetry } from './open-telemetry.ts';

const TOKEN = 'very-secret-token';

describe('openTelemetry', () => {
  const spans = new InMemorySpanExporter();
  const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 })],
  });

  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });

  afterEach(async () => {
    context.disable();
    await tracerProvider.shutdown();
    await meterProvider.shutdown();
  });

  it('makes a span of each attempt below the active one, and counts attempts, repetitions and connections', async () => {
    let calls = 0;
    await using server = await startServer((_request, response) => {
      calls += 1;
      if (calls === 1) failWith(response, { code: 503, reason: 'ServiceUnavailable' });
      else json(response, { metadata: { name: 'x' }, items: [] });
    });
    await using client = new KubeClient(
      { server: server.url, token: TOKEN },
      { clock: fakeClock(), ...openTelemetry({ tracerProvider, meterProvider }) },
    );
    const tracer = tracerProvider.getTracer('test');
    await tracer.startActiveSpan('a caller', async (span) => {
      await client.pods('ci').get('secret-pod');
      span.end();
    });
    await client.pods('ci').list({ labelSelector: 'secret=label' });

    const { port } = new URL(server.url);
    const common = {
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'url.scheme': 'http',
      'url.template': '/api/v1/namespaces/{namespace}/pods/{name}',
      'url.full': `${server.url}/api/v1/namespaces/ci/pods/secret-pod`,
      'k8s.namespace.name': 'ci',
    };
    const [first, second, caller, list] = spans.getFinishedSpans();
    expect(first).toMatchObject({
      name: 'GET /api/v1/namespaces/{namespace}/pods/{name}',
      kind: 2,
      status: { code: 2 },
      attributes: { ...common, 'http.response.status_code': 503, 'error.type': 'ServiceUnavailable' },
    });
    expect(second?.attributes).toEqual({ ...common, 'http.response.status_code': 200, 'http.request.resend_count': 1 });
    expect(second?.status).toEqual({ code: 0 });
    expect([first, second].map((span) => span?.parentSpanContext?.spanId)).toEqual(
      Array.from({ length: 2 }, () => caller?.spanContext().spanId),
    );
    expect(list).toMatchObject({ name: 'GET /api/v1/namespaces/{namespace}/pods', parentSpanContext: undefined });

    await meterProvider.forceFlush();
    const metrics = points.getMetrics()[0]?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    const counted = metrics.map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      points: dataPoints.map(({ attributes, value }) => ({
        at: attributes['error.type'] ?? attributes['url.template'] ?? attributes['danube.connection.ok'],
        count: typeof value === 'number' ? value : value.count,
      })),
    }));
    expect(counted).toEqual([
      {
        name: 'http.client.request.duration',
        unit: 's',
        points: [
          { at: 'ServiceUnavailable', count: 1 },
          { at: '/api/v1/namespaces/{namespace}/pods/{name}', count: 1 },
          { at: '/api/v1/namespaces/{namespace}/pods', count: 1 },
        ],
      },
      { name: 'danube.k8s_client.retries', unit: '', points: [{ at: 'ServiceUnavailable', count: 1 }] },
      { name: 'danube.k8s_client.connections', unit: '', points: [{ at: true, count: server.connections() }] },
    ]);

    const everything = JSON.stringify([
      spans.getFinishedSpans().map(({ attributes, status }) => ({ attributes, status })),
      metrics,
    ]);
    expect(everything).not.toMatch(new RegExp(`${TOKEN}|secret=label|secret%3Dlabel`));
  });

  it('costs nothing but calls of the API when no SDK is there', async () => {
    trace.disable();
    await using server = await startServer((_request, response) => json(response, { metadata: { name: 'x' } }));
    await using client = new KubeClient({ server: server.url }, openTelemetry());
    await expect(client.pods('ci').get('x')).resolves.toMatchObject({ metadata: { name: 'x' } });
  });
});
