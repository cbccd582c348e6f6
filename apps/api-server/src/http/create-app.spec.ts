import { describe, expect, it } from '@jest/globals';
import { hello, helloEvents, output, started } from '../../test/samples.ts';
import { postJson, readEvents, startHttp } from '../../test/http-server.ts';
import { HttpError } from '../errors/http-error.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('POST /v1/jobs', () => {
  it('queues a job and says where it is', async () => {
    await using server = await startHttp();
    const response = await postJson(`${server.url}/v1/jobs`, { pipeline: hello });
    const job = (await response.json()) as { id: string };
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(job).toEqual(server.store.get(job.id));
  });

  it('makes one job of one key', async () => {
    await using server = await startHttp();
    const send = () => postJson(`${server.url}/v1/jobs`, { pipeline: hello }, { 'idempotency-key': 'k-1' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(await second.json()).toEqual(await first.json());
    const other = await postJson(
      `${server.url}/v1/jobs`,
      { pipeline: { ...hello, id: 'other' } },
      { 'idempotency-key': 'k-1' },
    );
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_conflict' } });
  });

  it('names every place of a pipeline that is wrong', async () => {
    await using server = await startHttp();
    const pipeline = { ...hello, stepz: 1, steps: [{ name: 'a', run: 'x', timeout: 'soon' }] };
    const response = await postJson(`${server.url}/v1/jobs`, { pipeline });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: {
        code: 'invalid_pipeline',
        message: 'the pipeline is not valid',
        hint: expect.any(String),
        problems: [
          { path: ['steps', 0, 'timeout'], message: 'steps[0].timeout: expected a duration like "90s", got "soon"' },
          { path: ['stepz'], message: 'stepz: unknown key, did you mean "steps"?' },
        ],
      },
    });
    expect(server.store.list({ states: [], limit: 10 }).jobs).toEqual([]);
  });

  it('refuses at once what could not become a pod here', async () => {
    await using server = await startHttp();
    const response = await postJson(`${server.url}/v1/jobs`, { pipeline: { ...hello, root: true } });
    const { error } = (await response.json()) as { error: { problems: { message: string }[] } };
    expect(response.status).toBe(400);
    expect(error.problems[0]?.message).toContain('root');
  });

  it.each([
    ['no JSON', '{"pipeline":', 'application/json', 400, 'invalid_json'],
    ['no pipeline', '{}', 'application/json', 400, 'invalid_pipeline'],
    ['a list', '[]', 'application/json', 400, 'invalid_pipeline'],
    ['a form that any web page could send', 'pipeline=x', 'text/plain', 415, 'unsupported_media_type'],
    ['too much', JSON.stringify({ pipeline: 'x'.repeat(300_000) }), 'application/json', 413, 'body_too_large'],
  ])('refuses %s', async (...row) => {
    const [, body, type, status, code] = row;
    await using server = await startHttp();
    const response = await fetch(`${server.url}/v1/jobs`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code, hint: expect.any(String) } });
  });
});

describe('GET /v1/jobs', () => {
  it('lists newest first, page by page, by state', async () => {
    await using server = await startHttp();
    for (const id of ['a', 'b', 'c', 'd']) server.store.submit({ id, pipeline: hello });
    server.store.requestCancel('b');
    const get = async (query: string) =>
      (await (await fetch(`${server.url}/v1/jobs?${query}`)).json()) as { jobs: { id: string }[]; nextCursor?: string };
    const first = await get('state=queued&limit=2');
    expect(first.jobs.map(({ id }) => id)).toEqual(['d', 'c']);
    const second = await get(`state=queued&limit=2&cursor=${first.nextCursor}`);
    expect(second.jobs.map(({ id }) => id)).toEqual(['a']);
    expect(second.nextCursor).toBeUndefined();
    expect((await get('state=queued,cancelled')).jobs).toHaveLength(4);
  });

  it.each([
    ['limit=0', 'limit: expected a whole number from 1 to 500, got "0"'],
    ['limit=1&limit=2', 'limit: expected to be given once, got ["1","2"]'],
    ['state=done', expect.stringMatching(/^state: expected states of queued, .*, got "done"$/)],
    ['cursor=nonsense', 'cursor: expected the nextCursor of an earlier list'],
  ])('refuses %s', async (query, message) => {
    await using server = await startHttp();
    const response = await fetch(`${server.url}/v1/jobs?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_query', message } });
  });

  it('says that there is no such job, and no such path', async () => {
    await using server = await startHttp();
    const job = await fetch(`${server.url}/v1/jobs/nothing`);
    expect([job.status, await job.json()]).toMatchObject([404, { error: { code: 'job_not_found' } }]);
    const path = await fetch(`${server.url}/v2/jobs?token=secret`);
    expect([path.status, await path.json()]).toMatchObject([
      404,
      { error: { code: 'not_found', message: 'there is no GET /v2/jobs' } },
    ]);
    const malformed = await fetch(`${server.url}/v1/jobs/%E0%A4%A`);
    expect([malformed.status, await malformed.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
  });
});

describe('POST /v1/jobs/:id/cancel', () => {
  it('is the same when it is repeated', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    const cancel = async () => (await fetch(`${server.url}/v1/jobs/a/cancel`, { method: 'POST' })).json();
    const first = await cancel();
    expect(first).toMatchObject({ state: 'cancelled' });
    expect(await cancel()).toEqual(first);
  });
});

describe('GET /v1/jobs/:id/logs', () => {
  it('gives all entries as JSON, also from a position on', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.ingest('a', helloEvents);
    const all = (await (await fetch(`${server.url}/v1/jobs/a/logs`)).json()) as { entries: { position: number }[] };
    expect(all.entries.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(all.entries[4]).toEqual({ position: 5, event: output(3, 'hello\n') });
    expect(await (await fetch(`${server.url}/v1/jobs/a/logs?after=8`)).json()).toEqual({
      entries: all.entries.slice(8),
    });
    expect(await (await fetch(`${server.url}/v1/jobs/a/logs?after=10`)).json()).toEqual({ entries: [] });
  });

  it('gives the output alone as text, byte for byte', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    server.store.ingest('a', [
      started(1),
      output(2, 'grüße\n'),
      { ...output(3, bytes.toString('base64')), encoding: 'base64', stream: 'stderr' } as never,
    ]);
    const response = await fetch(`${server.url}/v1/jobs/a/logs?format=text`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.concat([Buffer.from('grüße\n'), bytes]));
  });

  it('gives a log of many megabytes whole', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    const piece = 'x'.repeat(20_000);
    server.store.ingest('a', [started(1), ...Array.from({ length: 400 }, (_, index) => output(index + 2, piece))]);
    expect(await (await fetch(`${server.url}/v1/jobs/a/logs?format=text`)).text()).toBe(piece.repeat(400));
    const { entries } = (await (await fetch(`${server.url}/v1/jobs/a/logs`)).json()) as { entries: unknown[] };
    expect(entries).toHaveLength(403);
  });
});

describe('GET /v1/jobs/:id/logs?follow=1', () => {
  const follow = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/jobs/a/logs?follow=1`, { headers });

  it('sends what is there and what comes, and ends after the final state', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.ingest('a', helloEvents.slice(0, 3));
    const response = await follow(server.url);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reading = readEvents(response);
    for (const event of helloEvents.slice(3)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      server.store.ingest('a', [event]);
    }
    const events = await reading;
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(events[4]).toEqual({ id: 5, event: 'output', data: output(3, 'hello\n') });
    expect(events.at(-1)).toMatchObject({ event: 'job.state', data: { state: 'succeeded' } });
    expect([server.feeds.size, server.store.changes.size]).toEqual([0, 0]);
  });

  it('goes on after Last-Event-ID without gap or duplicate, wherever the connection broke', async () => {
    await using server = await startHttp({ times: { batchMs: 1 } });
    server.store.submit({ id: 'a', pipeline: hello });
    const seen: number[] = [];
    let seq = 0;
    const add = (count: number) =>
      server.store.ingest(
        'a',
        Array.from({ length: count }, () => ((seq += 1), seq === 1 ? started(seq) : output(seq, `${seq}`))),
      );
    for (let round = 0; round < 20; round += 1) {
      const headers: Record<string, string> = seen.length === 0 ? {} : { 'last-event-id': String(seen.at(-1)) };
      const reading = follow(server.url, headers).then((response) =>
        readEvents(response, (events) => events.length > round),
      );
      add(round + 2);
      seen.push(...(await reading).map(({ id }) => id));
    }
    const { entries } = server.store.logAfter('a', 0);
    expect(seen.length).toBeGreaterThan(100);
    expect(seen).toEqual(entries.slice(0, seen.length).map(({ position }) => position));
  });

  it('tells a client that has everything not to come back', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.ingest('a', helloEvents);
    expect((await follow(server.url, { 'last-event-id': '10' })).status).toBe(204);
    expect((await follow(server.url, { 'last-event-id': 'x' })).status).toBe(400);
  });

  it('ends a follower, and nothing else, when the store cannot be read', async () => {
    const errors: unknown[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (message: string) => errors.push(message),
    };
    await using server = await startHttp({ logger });
    server.store.submit({ id: 'a', pipeline: hello });
    const response = await follow(server.url);
    const logAfter = server.store.logAfter.bind(server.store);
    server.store.logAfter = () => {
      throw new TypeError('disk I/O error');
    };
    server.store.ingest('a', [started(1)]);
    expect((await readEvents(response)).map(({ id }) => id)).toEqual([1]);
    expect(errors).toEqual(['a log cannot be read']);
    server.store.logAfter = logAfter;
    expect((await fetch(`${server.url}/v1/jobs/a/logs`)).status).toBe(200);
  });

  it('shows a silent client that the connection lives, and forgets clients that go', async () => {
    await using server = await startHttp({ times: { heartbeatMs: 20 } });
    server.store.submit({ id: 'a', pipeline: hello });
    const controller = new AbortController();
    const response = await fetch(`${server.url}/v1/jobs/a/logs?follow=1`, { signal: controller.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      expect(server.feeds.size).toBe(1);
      if (text.includes(': heartbeat\n\n')) break;
    }
    controller.abort();
    while (server.feeds.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.store.changes.size).toBe(0);
  });

  it('keeps no more than a page for a client that does not read, and gives it everything when it does', async () => {
    await using server = await startHttp({ times: { batchMs: 1 } });
    server.store.submit({ id: 'a', pipeline: hello });
    const response = await follow(server.url);
    const piece = 'x'.repeat(100_000);
    server.store.ingest('a', [started(1)]);
    for (let seq = 2; seq < 302; seq += 1) server.store.ingest('a', [output(seq, piece)]);
    server.store.ingest('a', [
      { seq: 302, at: started(1).at, type: 'job.finished', state: 'succeeded', logComplete: true },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const events = await readEvents(response);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 305 }, (_, index) => index + 1));
  });
});

describe('the internal API', () => {
  it('stores the events of the job whose pod the token is bound to', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.take(1);
    const url = `${server.url}/v1/internal/jobs/a/events`;
    const response = await postJson(url, { events: helloEvents }, bearer('job-a'));
    expect([response.status, await response.json()]).toEqual([200, { ackSeq: 7 }]);
    const late = await postJson(url, { events: [output(8, 'late')] }, bearer('job-a'));
    expect([late.status, await late.json()]).toMatchObject([409, { error: { code: 'job_ended' } }]);
  });

  it.each([
    ['no token', {}, 401, 'unauthorized'],
    ['another scheme', { authorization: 'Basic am9iLWE6eA==' }, 401, 'unauthorized'],
    ['a token that is nobody’s', bearer('nobody'), 401, 'unauthorized'],
    ['the token of another job', bearer('job-b'), 403, 'forbidden'],
    ['the token of an earlier pod of that name', bearer('earlier'), 403, 'forbidden'],
    ['a token of a pod elsewhere', bearer('elsewhere'), 403, 'forbidden'],
    ['a cluster that does not answer', bearer('outage'), 503, 'unavailable'],
  ])('refuses %s', async (...row) => {
    const [, headers, status, code] = row;
    await using server = await startHttp({
      review: (token) => {
        if (token === 'outage') return Promise.reject(new HttpError('unavailable', 'no answer'));
        if (token === 'nobody') return Promise.resolve(undefined);
        const namespace = token === 'elsewhere' ? 'default' : 'danube-jobs';
        const uid = token === 'earlier' ? 'uid-0' : 'uid-1';
        return Promise.resolve({ namespace, name: token === 'job-b' ? 'job-b' : 'job-a', uid });
      },
    });
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.take(1);
    server.store.recordPod('a', 'uid-1');
    const response = await postJson(`${server.url}/v1/internal/jobs/a/events`, { events: [started(1)] }, headers);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([status, { error: { code } }]);
    expect(server.store.supervised('a')?.ackedSeq).toBe(0);
  });

  it('shows no output in what it says about a batch that is wrong', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    const wrong = { ...output(1, 'my-password'), stream: 'stdin' };
    const response = await postJson(`${server.url}/v1/internal/jobs/a/events`, { events: [wrong] }, bearer('job-a'));
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain('events[0].stream');
    expect(text).not.toContain('my-password');
  });

  it('answers the control poll as soon as the job is to end, and no later than it was told', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    server.store.take(1);
    const poll = async (waitMs: number) => {
      const startMs = performance.now();
      const response = await fetch(`${server.url}/v1/internal/jobs/a/control?waitMs=${waitMs}`, {
        headers: bearer('job-a'),
      });
      return { answer: await response.json(), ms: performance.now() - startMs };
    };
    expect((await poll(30)).answer).toEqual({ cancel: false });
    const polling = poll(30_000);
    while (server.store.changes.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    server.store.requestCancel('a');
    const { answer, ms } = await polling;
    expect(answer).toEqual({ cancel: true });
    expect(ms).toBeLessThan(5000);
    expect((await poll(30_000)).answer).toEqual({ cancel: true });
    expect(server.store.changes.size).toBe(0);
  });
});

describe('health', () => {
  it('tells each check by name, and fails as a whole when one does', async () => {
    let isWell = true;
    await using server = await startHttp({
      checks: {
        store: () => undefined,
        kubernetes: () => (isWell ? Promise.resolve() : Promise.reject(new HttpError('unavailable', 'no route'))),
      },
    });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    isWell = false;
    const response = await fetch(`${server.url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        status: 'failing',
        checks: [
          { name: 'store', ok: true },
          { name: 'kubernetes', ok: false, message: 'no route' },
        ],
      },
    ]);
    expect(await (await fetch(`${server.url}/version`)).json()).toEqual({
      name: 'danube-api-server',
      version: '1.2.3',
    });
  });
});

describe('what describes the server', () => {
  it('counts jobs by state, and ends by reason', async () => {
    await using server = await startHttp();
    for (const id of ['a', 'b']) server.store.submit({ id, pipeline: hello });
    server.store.requestCancel('a');
    server.store.requestCancel('a');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('danube_jobs{state="queued"} 1\n');
    expect(text).toContain('danube_jobs_ended_total{state="cancelled",reason="Cancelled"} 1\n');
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
  });

  it('describes the paths that there are', async () => {
    await using server = await startHttp();
    server.store.submit({ id: 'a', pipeline: hello });
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: Record<string, unknown> };
    };
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of ['get', 'post'].filter((name) => name in operations)) {
        const response = await fetch(`${server.url}${path.replace('{id}', 'a')}`, { method });
        const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string } };
        expect([method, path, error?.code]).not.toEqual([method, path, 'not_found']);
      }
    }
    expect(Object.keys(document.paths)).toHaveLength(11);
    const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });
});

describe('a failure inside', () => {
  it('answers 500 without details, and logs them', async () => {
    const lines: unknown[] = [];
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (...line: unknown[]) => lines.push(line) };
    await using server = await startHttp({ logger });
    server.store.get = () => {
      throw new TypeError('secret detail');
    };
    const response = await fetch(`${server.url}/v1/jobs/a`);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([500, { error: { code: 'internal' } }]);
    expect(text).not.toContain('secret detail');
    expect(lines).toEqual([['request failed', { method: 'GET', path: '/v1/jobs/a', error: expect.any(TypeError) }]]);
  });
});
