import { describe, expect, it } from '@jest/globals';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ListWatchServer } from '../../test/support/list-watch-server.ts';
import { failWith, startServer } from '../../test/support/test-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { ConfigMap } from '../resources/models.ts';
import { watchOnce } from './watch-once.ts';
import type { WatchOptions } from './watch.ts';

const line = ({ type, object }: { type: string; object: ConfigMap }): string =>
  `${type} ${object.metadata?.name ?? ''} ${object.metadata?.resourceVersion ?? ''}`;

/** A server with a client, and a way to follow it in the background. */
const start = async () => {
  const server = await ListWatchServer.start();
  const clock = fakeClock(() => 0.5);
  const client = new KubeClient({ server: server.url }, { clock });
  const follow = (options: WatchOptions) => {
    const seen: string[] = [];
    const done = (async () => {
      for await (const event of client.configMaps('ci').watch(options)) seen.push(line(event));
      return 'ended';
    })().catch((error: unknown) => error);
    return { seen, done };
  };
  const stop = async () => {
    await client.close({ graceMs: 100 });
    await server[Symbol.asyncDispose]();
  };
  return { server, clock, client, follow, [Symbol.asyncDispose]: stop };
};

describe('watch', () => {
  it('asks for bookmarks, an end in minutes and what was selected, and ends with its signal', async () => {
    await using own = await start();
    const stop = new AbortController();
    const { done } = own.follow({ labelSelector: 'a=b', resourceVersion: '7', signal: stop.signal });
    await until(() => own.server.watchers > 0);
    stop.abort();
    expect(await done).toBe('ended');
    expect(own.server.requests).toEqual([
      '/api/v1/namespaces/ci/configmaps?labelSelector=a%3Db&resourceVersion=7&allowWatchBookmarks=true&timeoutSeconds=360&watch=true',
    ]);
  });

  it('resumes after the last event it saw, bookmarks included', async () => {
    await using own = await start();
    const { seen, done } = own.follow({ resourceVersion: '1' });
    await until(() => own.server.watchers > 0);
    own.server.put('c1');
    await until(() => seen.length === 1);
    own.server.drop('reset');
    own.server.put('c2');
    await until(() => seen.length === 2);
    expect(seen).toEqual(['ADDED c1 2', 'ADDED c2 3']);
    expect(own.server.requests.at(-1)).toContain('resourceVersion=2&');
    own.server.bookmark();
    await until(() => seen.length === 3);
    await own.client.close({ graceMs: 10 });
    expect(await done).toMatchObject({ code: 'ClientClosed' });
  });

  it('starts over when it is cut in the state that it was first sent', async () => {
    await using own = await start();
    const { seen } = own.follow({});
    await until(() => own.server.watchers > 0);
    // Sent in no order: version 9 says nothing about an object of version 5 that is still to come.
    own.server.say({ type: 'ADDED', object: { metadata: { name: 'c1', resourceVersion: '9' } } });
    await until(() => seen.length === 1);
    own.server.drop('reset');
    await until(() => own.server.watchers > 0);
    expect(own.server.requests.at(-1)).not.toContain('resourceVersion=');
  });

  it.each([
    ['HTTP 410', (server: ListWatchServer) => server.compact()],
    ['an ERROR event', undefined],
  ])('throws that its version is gone on %s', async (_name, prepare) => {
    await using own = await start();
    own.server.put('c1');
    prepare?.(own.server);
    const { done } = own.follow({ resourceVersion: '1' });
    if (prepare === undefined) {
      await until(() => own.server.watchers > 0);
      own.server.say({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    }
    expect(await done).toMatchObject({ code: 'WatchExpired', status: 410 });
  });

  it('throws a refusal, and repeats what may pass with growing waits and Retry-After', async () => {
    await using own = await start();
    const answers = [
      { code: 429, reason: 'TooManyRequests', headers: { 'retry-after': '5' } },
      { code: 500, reason: 'InternalError' },
      { code: 503, reason: 'ServiceUnavailable' },
      { code: 403, reason: 'Forbidden' },
    ];
    own.server.intercept = (_request, response) => {
      failWith(response, answers.shift() ?? { code: 403, reason: 'Forbidden' });
      return true;
    };
    expect(await own.follow({ resourceVersion: '1' }).done).toMatchObject({ code: 'Forbidden' });
    expect(own.clock.slept).toEqual([5000, 800, 1600]);
  });

  it('refuses an event that is not one', async () => {
    await using own = await start();
    const { done } = own.follow({ resourceVersion: '1' });
    await until(() => own.server.watchers > 0);
    own.server.say({ type: 'SURPRISE', object: {} });
    expect(await done).toMatchObject({ code: 'BadResponse' });
  });

  it('takes a connection on which nothing comes for dead', async () => {
    await using server = await startServer((_request, response) => void response.writeHead(200).write('\n'));
    await using client = new KubeClient({ server: server.url });
    const events = watchOnce(client, { path: '/api/v1/pods', query: {}, stallMs: 50 });
    await expect(events.next()).rejects.toMatchObject({ code: 'TransportFailed', phase: 'body' });
    await until(() => server.open.size === 0);
  });

  it('does not take a slow reader for a dead server', async () => {
    await using server = await ListWatchServer.start();
    await using client = new KubeClient({ server: server.url });
    const query = { resourceVersion: '1' };
    const events = watchOnce(client, { path: '/api/v1/namespaces/ci/configmaps', query, stallMs: 200 });
    const first = events.next();
    await until(() => server.watchers > 0);
    server.put('c1');
    expect((await first).value).toMatchObject({ type: 'ADDED' });
    server.put('c2');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await events.next()).value).toMatchObject({ object: { metadata: { name: 'c2' } } });
    server.put('c3');
    expect((await events.next()).value).toMatchObject({ object: { metadata: { name: 'c3' } } });
    await events.return();
  });
});
