import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { failWith, json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';

const line = (n: number): string => `2026-01-01T00:00:${String(n).padStart(2, '0')}.5Z line ${n}\n`;
const all = Array.from({ length: 10 }, (_, n) => line(n));
const text = (lines: readonly string[]): string => lines.map((each) => each.slice(each.indexOf(' ') + 1)).join('');

type Answer = (response: ServerResponse, socket: Socket, lines: string) => void;
const whole: Answer = (response, _socket, lines) => response.writeHead(200).end(lines);
const broken =
  (bytes: number): Answer =>
  (response, socket, lines) => {
    response.writeHead(200).write(lines.slice(0, bytes));
    setTimeout(() => socket.resetAndDestroy(), 10);
  };
const busy: Answer = (response) => failWith(response, { code: 503, reason: 'x', headers: { 'retry-after': '1' } });

/** A server of one pod; each request for the log is answered by the next of `answers`, the last one again and again. */
const start = async (answers: readonly Answer[], more: { states?: object[]; restarts?: number[] } = {}) => {
  const [left, states, restarts] = [[...answers], more.states ?? [{ running: {} }], more.restarts ?? [0]];
  const next = <T>(list: T[]): T => (list.length > 1 ? list.shift() : list[0]) as T;
  const server = await startServer(({ url }, response, socket) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname.endsWith('/log')) {
      const since = Date.parse(searchParams.get('sinceTime') ?? '') || -Infinity;
      next(left)(response, socket, all.filter((each) => Date.parse(`${each.slice(0, 19)}Z`) >= since).join(''));
    } else {
      const status = { name: 'main', restartCount: next(restarts), state: next(states) };
      if ('gone' in status.state) failWith(response, { code: 404, reason: 'NotFound' });
      else json(response, { metadata: { uid: 'u' }, status: { containerStatuses: [status] } });
    }
  });
  const clock = fakeClock();
  const client = new KubeClient({ server: server.url }, { clock });
  const read = async (retryForMs = 60_000): Promise<{ got: string; error?: unknown }> => {
    const chunks: Buffer[] = [];
    const got = (): string => Buffer.concat(chunks).toString();
    try {
      const options = { follow: true, retryForMs, tailLines: 100 };
      for await (const chunk of client.pods('ci').logs('x', options)) chunks.push(chunk);
      return { got: got() };
    } catch (error) {
      return { got: got(), error };
    }
  };
  const asked = (): string[] => server.seen.filter(({ url }) => url.includes('/log')).map(({ url }) => url);
  const close = async () => {
    await client.close({ graceMs: 100 });
    await server.close();
  };
  return { read, asked, clock, [Symbol.asyncDispose]: close };
};
const ended = { terminated: { exitCode: 0 } };
const running = { running: {} };

describe('a log that is followed with retryForMs', () => {
  it('goes on where the connection broke, also in mid-line', async () => {
    const states = [running, running, running, ended];
    await using own = await start([broken(70), broken(101), whole], { states });
    expect(await own.read()).toEqual({ got: text(all) });
    expect(own.asked()).toEqual([
      '/api/v1/namespaces/ci/pods/x/log?follow=true&tailLines=100&timestamps=true',
      '/api/v1/namespaces/ci/pods/x/log?follow=true&timestamps=true&sinceTime=2026-01-01T00%3A00%3A00Z',
      expect.stringContaining('sinceTime='),
    ]);
  });

  it('does not believe an end as long as the container runs', async () => {
    await using own = await start([broken(70), whole], { states: [running, running, running, ended] });
    expect((await own.read()).got).toBe(text(all));
  });

  it('reads what is left of a container that has ended meanwhile', async () => {
    await using own = await start([broken(70), whole], { states: [running, ended] });
    expect(await own.read()).toEqual({ got: text(all) });
  });

  it('waits through a server that is away, as long as it was told', async () => {
    await using own = await start([broken(70), busy], {});
    const { got, error } = await own.read(20_000);
    expect(got).toBe(text(all.slice(0, 2)));
    expect(error).toMatchObject({ code: 'ServiceUnavailable' });
    expect(own.clock.slept.length).toBeGreaterThan(2);
  });

  it('says that the rest is lost when the container was restarted or the pod is gone', async () => {
    await using restarted = await start([broken(70)], { restarts: [0, 1] });
    expect((await restarted.read()).error).toMatchObject({
      code: 'TransportFailed',
      message: expect.stringContaining('the rest is lost'),
    });
    await using gone = await start([broken(70)], { states: [running, { gone: true }] });
    expect(String((await gone.read()).error)).toContain('the rest is lost');
  });

  it('ends in order when the server ended the log and the pod is gone', async () => {
    await using own = await start([whole], { states: [running, { gone: true }] });
    expect(await own.read()).toEqual({ got: text(all) });
  });

  it('does not try again what was refused', async () => {
    await using own = await start([(response) => failWith(response, { code: 400, reason: 'BadRequest' })]);
    expect((await own.read()).error).toMatchObject({ code: 'BadRequest' });
    expect(own.asked()).toHaveLength(1);
  });
});

it('a lost connection is an error without retryForMs', async () => {
  await using server = await startServer((_request, response, socket) => broken(30)(response, socket, all.join('')));
  await using client = new KubeClient({ server: server.url });
  let bytes = 0;
  const reading = (async () => {
    for await (const chunk of client.pods('ci').logs('x', { follow: true })) bytes += chunk.length;
  })();
  await expect(reading).rejects.toMatchObject({ code: 'TransportFailed', phase: 'body' });
  expect(bytes).toBeLessThanOrEqual(30);
});
