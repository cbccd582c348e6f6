import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { LogEntry, Pipeline } from '@danube/contract';
import { fakeServer, json, stream } from '../../test/fake-server.ts';
import { failedJob, failingLog, queuedJob } from '../../test/job.ts';
import { CliError, errorLines } from '../errors.ts';
import { DanubeClient } from './danube-client.ts';
import { serverName, serverUrl } from './http.ts';

const pipeline: Pipeline = { id: 'ci', workerImage: 'a', steps: [{ name: 'one', run: 'x' }] };
const quick = { answerMs: 300, reconnectForMs: 400, reconnectEveryMs: 10, silenceMs: 300 };

const collect = async (entries: AsyncIterable<LogEntry>): Promise<LogEntry[]> => {
  const all: LogEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
};

const failure = async (promise: Promise<unknown>): Promise<{ line: string; code: string; exitCode: number }> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CliError);
  const { code, exitCode } = error as CliError;
  return {
    line: errorLines(error)
      .join('\n')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'),
    code,
    exitCode,
  };
};

describe('requests', () => {
  it('submits a job with an idempotency key', async () => {
    await using server = await fakeServer((_seen, response) => json(response, queuedJob, 201));
    expect(await new DanubeClient(server.url).submit(pipeline)).toEqual(queuedJob);
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/jobs' });
    expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(request?.body ?? '')).toEqual({ pipeline });
  });

  it('asks below the path of the server URL, with ids quoted', async () => {
    await using server = await fakeServer((_seen, response) => json(response, queuedJob));
    await new DanubeClient(new URL('/danube/', server.url)).cancel('a/b');
    expect(server.seen.map(({ method, path }) => [method, path])).toEqual([['POST', '/danube/v1/jobs/a%2Fb/cancel']]);
  });

  it('lists jobs, and gives the log up to now', async () => {
    await using server = await fakeServer(({ path }, response) =>
      json(response, path === '/v1/jobs' ? { jobs: [failedJob] } : { entries: failingLog }),
    );
    const client = new DanubeClient(server.url);
    expect(await client.jobs()).toEqual([failedJob]);
    expect(await collect(client.log('k3v9'))).toEqual(failingLog);
  });

  it.each([
    [
      'a web page',
      200,
      '<html>',
      'text/html',
      'http://HOST does not answer like a Danube server (HTTP 200, text/html)',
      'NotDanube',
    ],
    [
      'another API',
      200,
      '{"kind":"Status"}',
      'application/json',
      'http://HOST does not answer like a Danube server (its answer is not a job)',
      'NotDanube',
    ],
    [
      'nothing in the body',
      204,
      '',
      'text/plain',
      'http://HOST does not answer like a Danube server (HTTP 204, text/plain)',
      'NotDanube',
    ],
    [
      'a page that is not there',
      404,
      'nope',
      'text/plain',
      'http://HOST does not answer like a Danube server (HTTP 404, text/plain)',
      'NotDanube',
    ],
    ['a failing proxy', 502, 'bad gateway', 'text/html', 'http://HOST failed (HTTP 502)', 'ServerFailed'],
    [
      'an error of the server',
      503,
      '{"error":{"code":"X","message":"the store is full","hint":"make room"}}',
      'application/json',
      'danube: the store is full; make room',
      'ServerFailed',
    ],
    [
      'a job that does not exist',
      404,
      '{"error":{"code":"X","message":"no job x"}}',
      'application/json',
      'danube: no job x; danube ps lists the jobs',
      'NotFound',
    ],
    [
      'a refusal',
      422,
      '{"error":{"code":"X","message":"bad","problems":[{"path":["id"],"message":"id: no"}]}}',
      'application/json',
      'danube: bad; id: no',
      'Rejected',
    ],
  ])('explains %s', async (...[, status, body, type, line, code]) => {
    await using server = await fakeServer((_seen, response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    );
    const got = await failure(new DanubeClient(server.url).job('x'));
    expect(got.line).toContain(line);
    expect(got.line).not.toContain('\n');
    expect(got.code).toBe(code);
    expect(got.exitCode).toBe(['NotFound', 'Rejected'].includes(code) ? 2 : 3);
  });

  it('says that nothing listens', async () => {
    const { line, exitCode } = await failure(new DanubeClient(new URL('http://127.0.0.1:1')).jobs());
    expect(line).toMatch(/^danube: cannot reach http:\/\/HOST \(ECONNREFUSED\); check --server or DANUBE_SERVER/);
    expect(exitCode).toBe(3);
  });

  it.each([
    ['says nothing', ''],
    ['stops in the middle of an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
  ])('does not wait for ever for a server that %s', async (_name, bytes) => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.write(bytes)),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const { code } = await failure(new DanubeClient(url, quick).job('x'));
      expect(code).toBe('ServerUnreachable');
    } finally {
      server.close();
    }
  });

  it('says that something answers which is no HTTP server', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect((await failure(new DanubeClient(url).jobs())).line).toMatch(/^danube: cannot reach http:\/\/HOST \(/);
    } finally {
      server.close();
    }
  });
});

describe('follow', () => {
  it('gives the entries up to the final state and then ends, even if the server does not', async () => {
    await using server = await fakeServer((_seen, response) => void stream(response, failingLog));
    expect(await collect(new DanubeClient(server.url).follow('k3v9'))).toEqual(failingLog);
    expect(server.seen[0]?.path).toBe('/v1/jobs/k3v9/logs?follow=1');
    expect(server.seen[0]?.headers['last-event-id']).toBeUndefined();
  });

  it('takes a broken stream up again after the last entry, without gap or duplicate', async () => {
    await using server = await fakeServer(({ headers }, response) => {
      const after = Number(headers['last-event-id'] ?? 0);
      stream(response, failingLog.slice(after, after + 5));
      // Half an entry, then a reset: it must not count.
      response.write('id: 99\nevent: output\ndata: {', () => response.destroy());
    });
    expect(await collect(new DanubeClient(server.url, quick).follow('k3v9'))).toEqual(failingLog);
    expect(server.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '5', '10', '15']);
  });

  it('opens a silent stream anew', async () => {
    await using server = await fakeServer(({ headers }, response) => {
      const after = Number(headers['last-event-id'] ?? 0);
      stream(response, failingLog.slice(after, after + 10));
    });
    expect(await collect(new DanubeClient(server.url, quick).follow('k3v9'))).toEqual(failingLog);
    expect(server.seen).toHaveLength(2);
  });

  it('passes over kinds of entries that it does not know', async () => {
    await using server = await fakeServer((_seen, response) => {
      stream(response, []).write('id: 1\nevent: job.sang\ndata: {"type":"job.sang"}\n\n');
      stream(response, failingLog);
    });
    expect(await collect(new DanubeClient(server.url).follow('k3v9'))).toEqual(failingLog);
  });

  it('gives up a stream that cannot be taken up again, and says that the job goes on', async () => {
    await using server = await fakeServer((_seen, response) => response.destroy());
    const { line, exitCode } = await failure(collect(new DanubeClient(server.url, quick).follow('k3v9')));
    expect(line).toBe(
      'danube: the log of job k3v9 broke off and could not be taken up again; the job goes on; danube logs -f k3v9 follows it once the server is back',
    );
    expect(exitCode).toBe(3);
  });

  it.each([
    ['is no stream', 'text/html', '<html>'],
    ['has an entry that is none', 'text/event-stream', 'id: 1\nevent: output\ndata: {"type":"output"}\n\n'],
    ['has an entry that is no JSON', 'text/event-stream', 'id: 1\nevent: output\ndata: hello\n\n'],
    [
      'has no positions',
      'text/event-stream',
      `id: a\nevent: job.state\ndata: ${JSON.stringify(failingLog[0]?.event)}\n\n`,
    ],
  ])('says so when the answer %s', async (...[, type, body]) => {
    await using server = await fakeServer((_seen, response) =>
      response.writeHead(200, { 'content-type': type }).end(body),
    );
    expect((await failure(collect(new DanubeClient(server.url, quick).follow('x')))).code).toBe('NotDanube');
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    await using server = await fakeServer((_seen, response) => void stream(response, failingLog.slice(0, 3)));
    const entries: LogEntry[] = [];
    const following = (async () => {
      for await (const entry of new DanubeClient(server.url).follow('k3v9', { signal: controller.signal })) {
        if (entries.push(entry) === 3) controller.abort();
      }
    })();
    await expect(following).rejects.toMatchObject({ name: 'AbortError' });
    expect(entries).toHaveLength(3);
  });
});

describe('serverUrl', () => {
  it.each(['localhost:8080', 'danube', 'ftp://x', 'http://', ''])('refuses %j', (text) => {
    expect(() => serverUrl(text)).toThrow(CliError);
  });

  it('never shows a password', () => {
    expect(serverName(serverUrl('http://me:secret@danube.example:8080/x?token=y'))).toBe(
      'http://danube.example:8080/x',
    );
  });
});
