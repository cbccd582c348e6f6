import { describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiConnection } from './api-connection.ts';
import { cancelWanted } from './cancel-watch.ts';

/** A server that gives one answer after the other: a status with a body, or a broken connection. */
const serverOf = async (answers: ('break' | { status: number; body: string })[]) => {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const answer = answers.shift();
    if (answer === 'break') request.socket.destroy();
    else if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const fast = { waitMs: 1000, pauseMs: 1, backOff: { firstMs: 1, maxMs: 2 } };

describe('cancelWanted', () => {
  it('asks again, whatever is answered, until a cancel is wanted', async () => {
    await using server = await serverOf([
      { status: 200, body: '{"cancel":false}' },
      'break',
      { status: 503, body: '' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{"cancel":true}' },
    ]);
    using connection = new ApiConnection({ url: server.url, jobId: 'j1' });
    expect(await cancelWanted(connection, new AbortController().signal, fast)).toBe(true);
    expect(server.asked).toEqual(Array.from({ length: 5 }, () => 'GET /v1/internal/jobs/j1/control?waitMs=1000'));
  });

  it('ends with the signal, also within a question', async () => {
    await using server = await serverOf([]);
    using connection = new ApiConnection({ url: server.url, jobId: 'j1' });
    const stop = new AbortController();
    const wanted = cancelWanted(connection, stop.signal, fast);
    setTimeout(() => stop.abort(), 20);
    expect(await wanted).toBe(false);
  });
});

describe('ApiConnection', () => {
  const call = { method: 'GET', path: '/x', timeoutMs: 50, signal: new AbortController().signal } as const;

  it.each([
    ['no answer in time', [], 'API_CONNECTION', /nothing within 50 ms/],
    [
      'a status',
      [{ status: 404, body: 'secret body' }],
      'API_STATUS',
      /^The api-server answered with an error: HTTP 404$/,
    ],
    ['no JSON', [{ status: 200, body: 'secret body' }], 'API_ANSWER', /no JSON$/],
    ['an endless answer', [{ status: 200, body: 'x'.repeat(70_000) }], 'API_ANSWER', /more than 65536 bytes$/],
  ] as const)('explains %s', async (...[, answers, code, message]) => {
    await using server = await serverOf([...answers]);
    using connection = new ApiConnection({ url: server.url, jobId: 'j1' });
    await expect(connection.call(call)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('keeps the path of its base URL, and honours what the server asks for', async () => {
    await using server = await serverOf([{ status: 429, body: '' }]);
    using connection = new ApiConnection({ url: `${server.url}/base/`, jobId: 'j1' });
    await expect(connection.call(call)).rejects.toMatchObject({ status: 429, retryAfterMs: undefined });
    expect(server.asked).toEqual(['GET /base/v1/internal/jobs/j1/x']);
  });
});
