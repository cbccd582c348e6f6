import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { failWith, fixture, json, startServer, type TestServerOptions } from '../test/support/test-server.ts';
import { fakeClock } from '../test/support/fake-clock.ts';
import { until } from '../test/support/until.ts';
import { KubeClient } from './kube-client.ts';
import type { Pod } from './resources/models.ts';

const tls: TestServerOptions = { tls: { cert: fixture('server-a.crt'), key: fixture('server-a.key') } };
const pod = (name: string, more: object = {}): Pod => ({ metadata: { name, namespace: 'ci' }, ...more });

describe('KubeClient', () => {
  it('sends the token, its name and the query, and decodes the answer', async () => {
    await using server = await startServer((_request, response) => json(response, pod('web-0')), tls);
    await using client = new KubeClient({ server: server.url, caPem: fixture('ca-a.crt'), token: 'secret\n' });
    expect(await client.pods('ci').get('web-0', { resourceVersion: '0' })).toEqual(pod('web-0'));
    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      url: '/api/v1/namespaces/ci/pods/web-0?resourceVersion=0',
      headers: { authorization: 'Bearer secret', 'user-agent': 'danube-k8s-client' },
    });
  });

  it('keeps a path prefix of the server', async () => {
    await using server = await startServer((_request, response) => json(response, pod('x')));
    await using client = new KubeClient({ server: `${server.url}/k8s/clusters/c-1/` });
    await client.pods('ci').get('x');
    expect(server.seen[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/ci/pods/x');
  });

  it('gives the items of a list their kind back and says where the next page starts', async () => {
    await using server = await startServer((_request, response) =>
      json(response, {
        kind: 'PodList',
        metadata: { resourceVersion: '7', continue: 'token', remainingItemCount: 3 },
        items: [pod('a')],
      }),
    );
    await using client = new KubeClient({ server: server.url });
    expect(await client.pods('ci').list({ limit: 1, labelSelector: 'app=danube' })).toEqual({
      items: [{ apiVersion: 'v1', kind: 'Pod', ...pod('a') }],
      resourceVersion: '7',
      continue: 'token',
      remainingItemCount: 3,
    });
    expect(server.seen[0]?.url).toBe('/api/v1/namespaces/ci/pods?limit=1&labelSelector=app%3Ddanube');
  });

  it('lists all namespaces when none is given, and refuses to create without one', async () => {
    await using server = await startServer((_request, response) => json(response, { items: null, metadata: {} }));
    await using client = new KubeClient({ server: server.url });
    expect((await client.pods().list()).items).toEqual([]);
    expect(server.seen[0]?.url).toBe('/api/v1/pods');
    await expect(client.pods().create(pod('x'))).rejects.toThrow('namespace: expected one to create a Pod');
  });

  it('keeps fields that no model knows through read and replace', async () => {
    const stored = pod('x', { futureField: { a: 1 }, spec: { containers: [], newThing: 'y' } });
    await using server = await startServer(({ method, body }, response) =>
      json(response, method === 'PUT' ? JSON.parse(body) : stored),
    );
    await using client = new KubeClient({ server: server.url });
    const read = await client.pods('ci').get('x');
    expect(await client.pods('ci').replace(read)).toMatchObject(stored);
  });

  it.each([
    ['merge', 'application/merge-patch+json'],
    ['json', 'application/json-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
  ] as const)('sends a %s patch with its content type', async (type, contentType) => {
    await using server = await startServer((_request, response) => json(response, pod('x')));
    await using client = new KubeClient({ server: server.url });
    await client.pods('ci').patch('x', type === 'json' ? [] : { metadata: {} }, { type, subresource: 'status' });
    expect(server.seen[0]).toMatchObject({
      method: 'PATCH',
      url: '/api/v1/namespaces/ci/pods/x/status?fieldManager=danube',
      headers: { 'content-type': contentType },
    });
  });

  it('applies as a manager, with force when asked', async () => {
    await using server = await startServer((_request, response) => json(response, pod('x')));
    await using client = new KubeClient({ server: server.url });
    await client.pods('ci').apply(pod('x'), { fieldManager: 'me', force: true });
    expect(server.seen[0]).toMatchObject({
      url: '/api/v1/namespaces/ci/pods/x?fieldManager=me&force=true',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ apiVersion: 'v1', kind: 'Pod', ...pod('x') });
  });

  it('deletes with preconditions, grace and propagation', async () => {
    await using server = await startServer((_request, response) => json(response, { kind: 'Status' }));
    await using client = new KubeClient({ server: server.url });
    await client.pods('ci').delete('x', { uid: 'u-1', gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid: 'u-1' },
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    });
  });

  it('impersonates with groups, uid and extra', async () => {
    await using server = await startServer((_request, response) => json(response, pod('x')));
    const impersonate = { user: 'jo', uid: '7', groups: ['a', 'b'], extra: { 'Example.com/Scope': ['x', 'y'] } };
    await using client = new KubeClient({ server: server.url, impersonate });
    await client.pods('ci').get('x');
    expect(server.seen[0]?.headers).toMatchObject({
      'impersonate-user': 'jo',
      'impersonate-uid': '7',
      'impersonate-group': 'a, b',
      'impersonate-extra-example.com%2fscope': 'x, y',
    });
  });

  it('shows neither token, query nor body in an error', async () => {
    await using server = await startServer((_request, response) =>
      failWith(response, { code: 422, reason: 'Invalid' }),
    );
    await using client = new KubeClient({ server: server.url, token: 'secret-token' });
    const error = await client
      .secrets('ci')
      .create({ metadata: { name: 's' }, stringData: { key: 'secret-body' } }, { fieldManager: 'secret-query' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Invalid' });
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
    expect(shown).not.toContain('secret-');
  });

  it('does not show its credential when it is printed', () => {
    const client = new KubeClient({ server: 'https://api.test', token: 'secret-token' });
    expect(inspect(client, { depth: 9 }) + JSON.stringify(client)).not.toContain('secret-token');
    expect(client.config.token).toBe('secret-token');
  });

  it('decodes text as text', async () => {
    await using server = await startServer((_request, response) => void response.writeHead(200).end('ok'));
    await using client = new KubeClient({ server: server.url });
    expect(await client.request<string>({ method: 'GET', path: '/readyz' })).toBe('ok');
  });

  it('streams a log as bytes', async () => {
    await using server = await startServer((_request, response) => void response.writeHead(200).end('one\ntwo\n'));
    await using client = new KubeClient({ server: server.url });
    const chunks: Buffer[] = [];
    for await (const chunk of client.pods('ci').logs('x', { container: 'worker', tailLines: 2 })) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('one\ntwo\n');
    expect(server.seen[0]?.url).toBe('/api/v1/namespaces/ci/pods/x/log?container=worker&tailLines=2');
  });

  it('hands out what a WebSocket needs', async () => {
    await using client = new KubeClient({ server: 'https://api.test:6443/p', caPem: 'CA', token: 't' });
    const {
      url,
      headers,
      tls: material,
    } = await client.upgradeRequest({ path: '/api/v1/x', query: { command: ['a', 'b'] } });
    expect(url.href).toBe('wss://api.test:6443/p/api/v1/x?command=a&command=b');
    expect(headers).toEqual({ authorization: 'Bearer t', 'user-agent': 'danube-k8s-client' });
    expect(material).toEqual({ ca: 'CA' });
  });

  it('refuses a server that is no URL, wrong options, and calls after close', async () => {
    expect(() => new KubeClient({ server: 'cluster' })).toThrow('server: expected an http(s) URL, got "cluster"');
    expect(() => new KubeClient({ server: 'http://x' }, { timeoutMs: -1 })).toThrow(TypeError);
    const client = new KubeClient({ server: 'http://127.0.0.1:1' });
    await client.close();
    await client.close();
    await expect(client.version()).rejects.toMatchObject({ code: 'ClientClosed' });
  });

  it('repeats a throttled create after the asked time', async () => {
    let refusals = 2;
    await using server = await startServer(({ body }, response) => {
      refusals -= 1;
      if (refusals >= 0) response.writeHead(429, { 'retry-after': '3' }).end('slow down');
      else json(response, JSON.parse(body), 201);
    });
    const clock = fakeClock();
    await using client = new KubeClient({ server: server.url }, { clock });
    await client.pods('ci').create(pod('x'));
    expect(server.seen).toHaveLength(3);
    expect(clock.slept.every((ms) => ms >= 3000 && ms < 4000)).toBe(true);
  });

  it('asks for evictions, scales, tokens, reviews and whole collections at their own places', async () => {
    await using server = await startServer((_request, response) =>
      json(response, { status: { token: 't', expirationTimestamp: '2026-01-01T00:00:00Z', allowed: true } }, 201),
    );
    await using client = new KubeClient({ server: server.url });
    await client.pods('ci').evict('x', { uid: 'u' });
    await client.deployments('ci').setScale('web', 3);
    const token = await client.serviceAccounts('ci').createToken('robot', { audiences: ['a'] });
    expect(token).toEqual({ token: 't', expiresAt: new Date('2026-01-01T00:00:00Z') });
    expect(await client.canI({ verb: 'get', resource: 'pods' })).toBe(true);
    await client.pods('ci').deleteCollection({ labelSelector: 'a=b' });
    await client.pods('ci').replaceStatus(pod('x', { status: {} }));
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v1/namespaces/ci/pods/x/eviction',
      'PATCH /apis/apps/v1/namespaces/ci/deployments/web/scale?fieldManager=danube',
      'POST /api/v1/namespaces/ci/serviceaccounts/robot/token',
      'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      'DELETE /api/v1/namespaces/ci/pods?labelSelector=a%3Db',
      'PUT /api/v1/namespaces/ci/pods/x/status?fieldManager=danube',
    ]);
    await expect(client.deployments('ci').setScale('web', -1)).rejects.toThrow('replicas');
  });

  it('tells its hooks of each connection, attempt and repetition', async () => {
    let refusals = 1;
    await using server = await startServer((_request, response) => {
      if (refusals-- > 0) failWith(response, { code: 503, reason: 'ServiceUnavailable' });
      else json(response, { gitVersion: 'v1' });
    });
    const told: unknown[] = [];
    const connections: unknown[] = [];
    await using client = new KubeClient(
      { server: server.url },
      {
        clock: fakeClock(),
        onConnect: ({ ok, tls: secure }) => connections.push({ ok, secure }),
        onAttempt: ({ method, path, attempt, error }) => told.push([method, path, attempt, error?.code]),
        onRetry: ({ attempt, waitMs }) => told.push({ attempt, waitMs }),
      },
    );
    await client.version();
    expect(connections[0]).toEqual({ ok: true, secure: false });
    expect(told).toEqual([
      ['GET', '/version', 1, 'ServiceUnavailable'],
      { attempt: 1, waitMs: 50 },
      ['GET', '/version', 2, undefined],
    ]);
  });
});

describe('a client that is closed', () => {
  it('sends nothing for a call that is on its way, and opens no connection', async () => {
    await using server = await startServer((_request, response) => json(response, {}));
    const client = new KubeClient({ server: server.url });
    const ended = expect(client.version()).rejects.toMatchObject({ code: 'ClientClosed', maybeApplied: false });
    await client.close();
    await ended;
    expect(server.connections()).toBe(0);
  });

  it('ends a call that waits for its next attempt with what it waited for', async () => {
    await using server = await startServer((_request, response) =>
      failWith(response, { code: 503, reason: 'ServiceUnavailable', headers: { 'retry-after': '20' } }),
    );
    const waiting = Promise.withResolvers<undefined>();
    const client = new KubeClient({ server: server.url }, { onRetry: () => waiting.resolve(undefined) });
    const ended = expect(client.version()).rejects.toMatchObject({ code: 'ServiceUnavailable', attempts: 1 });
    await waiting.promise;
    await client.close();
    await ended;
  });

  it('ends calls that wait for their turn', async () => {
    await using server = await startServer(() => undefined);
    const client = new KubeClient(
      { server: server.url },
      { maxInFlight: { reading: 1 }, rateLimit: { perSecond: 0.1, burst: 2 } },
    );
    const calls = [client.version(), client.version(), client.version()].map((call) =>
      call.catch((error: unknown) => error),
    );
    await until(() => server.seen.length === 1);
    await client.close({ graceMs: 10 });
    const [cut, ...waiting] = await Promise.all(calls);
    expect(cut).toMatchObject({ maybeApplied: true });
    for (const error of waiting) expect(error).toMatchObject({ code: 'ClientClosed', maybeApplied: false });
  });
});

describe('a call that is aborted', () => {
  it('says whether it may have been applied', async () => {
    await using server = await startServer(() => undefined);
    await using client = new KubeClient({ server: server.url });
    const controller = new AbortController();
    const create = client.pods('ci').create(pod('x'), { signal: controller.signal });
    await until(() => server.seen.length === 1);
    controller.abort();
    await expect(create).rejects.toMatchObject({ code: 'Aborted', maybeApplied: true });
    const early = client.pods('ci').create(pod('x'), { signal: AbortSignal.abort() });
    await expect(early).rejects.toMatchObject({ code: 'Aborted', maybeApplied: false });
  });
});

describe('NamespaceClient.ensure', () => {
  it('creates, then leaves alone, then adds a missing label only', async () => {
    let stored: { metadata: { name: string; labels?: Record<string, string> } } | undefined;
    await using server = await startServer(({ method, body }, response) => {
      if (method === 'GET' && stored === undefined) {
        failWith(response, { code: 404, reason: 'NotFound' });
        return;
      }
      if (method === 'POST') stored = JSON.parse(body) as typeof stored;
      if (method === 'PATCH' && stored) {
        const patch = JSON.parse(body) as { metadata: { labels: Record<string, string> } };
        stored.metadata.labels = { ...stored.metadata.labels, ...patch.metadata.labels };
      }
      json(response, stored);
    });
    await using client = new KubeClient({ server: server.url });
    await client.namespaces().ensure('ci', { labels: { a: '1' } });
    await client.namespaces().ensure('ci', { labels: { a: '1' } });
    await client.namespaces().ensure('ci', { labels: { a: '1', b: '2' } });
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'GET', 'PATCH']);
    expect(stored?.metadata.labels).toEqual({ a: '1', b: '2' });
  });
});
