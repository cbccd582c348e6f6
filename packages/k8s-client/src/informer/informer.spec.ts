import { describe, expect, it } from '@jest/globals';
import { failWith, startServer } from '../../test/support/test-server.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ListWatchServer } from '../../test/support/list-watch-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { Requester } from '../requester.ts';
import type { ConfigMap } from '../resources/models.ts';
import { Turnstile } from '../time/turnstile.ts';
import { readingAll } from '../watch/object-reader.ts';
import { streamedList } from './initial-state.ts';
import type { Change } from './store.ts';

const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

const names = (values: Iterable<ConfigMap>): string[] =>
  [...values].map(({ metadata }) => metadata?.name ?? '').toSorted();

const bench = async ({ watchList }: { readonly watchList: boolean }) => {
  const server = await ListWatchServer.start();
  server.watchList = watchList;
  const client = new KubeClient({ server: server.url }, { clock: fakeClock(() => 0.01) });
  return {
    server,
    client,
    configMaps: client.configMaps('ci'),
    [Symbol.asyncDispose]: async () => {
      await client.close({ graceMs: 100 });
      await server[Symbol.asyncDispose]();
    },
  };
};

describe.each([
  ['that streams its lists', { watchList: true }],
  ['that has only pages', { watchList: false }],
])('Informer of a server %s', (_server, capabilities) => {
  it('opens nothing before start, lists, then follows', async () => {
    await using own = await bench(capabilities);
    for (let i = 0; i < 5; i += 1) own.server.put(`c${i}`);
    await using informer = own.configMaps.informer({ pageSize: 2 });
    expect([informer.state, own.server.requests.length]).toEqual(['Empty', 0]);
    await informer.start().synced;
    expect(names(informer.store.values())).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    const path = '/api/v1/namespaces/ci/configmaps?';
    const stream = `${path}allowWatchBookmarks=true&timeoutSeconds=242&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&watch=true`;
    const pages = [`${path}limit=2`, `${path}limit=2&continue=2.6`, `${path}limit=2&continue=4.6`];
    expect(own.server.requests.slice(0, 4)).toEqual(capabilities.watchList ? [stream] : [stream, ...pages]);
    own.server.remove('c1');
    own.server.put('c9', { a: '1' });
    await until(() => informer.store.get('c9', 'ci') !== undefined);
    expect(informer.state).toBe('Watching');
    expect(informer.healthy()).toBe(true);
    expect(names(informer.store.values())).toEqual(['c0', 'c2', 'c3', 'c4', 'c9']);
  });

  it('is one loop however often it is started', async () => {
    await using own = await bench(capabilities);
    await using informer = own.configMaps.informer();
    informer.start();
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    expect([own.server.lists.length, own.server.watchers]).toEqual([1, 1]);
  });

  it('keeps only what the projection returns, and by default no managed fields', async () => {
    await using own = await bench(capabilities);
    own.server.put('c', { a: '1' });
    await using whole = own.configMaps.informer();
    await whole.start().synced;
    expect(whole.store.get('c', 'ci')?.metadata).not.toHaveProperty('managedFields');
    await using part = own.configMaps.informer({ project: ({ data }) => data?.['a'] });
    await part.start().synced;
    expect([...part.store.values()]).toEqual(['1']);
  });

  it('finds objects by index through changes', async () => {
    await using own = await bench(capabilities);
    own.server.put('c1', { team: 'red' });
    own.server.put('c2', { team: 'red' });
    await using informer = own.configMaps.informer({ indexes: { team: ({ data }) => [data?.['team'] ?? ''] } });
    await informer.start().synced;
    expect(names(informer.store.byIndex('team', 'red'))).toEqual(['c1', 'c2']);
    own.server.put('c1', { team: 'blue' });
    own.server.remove('c2');
    await until(() => informer.store.size === 1 && informer.store.byIndex('team', 'blue').length === 1);
    expect(informer.store.byIndex('team', 'red')).toEqual([]);
    expect(() => informer.store.byIndex('none', 'x')).toThrow('index: there is no "none"');
  });

  it.each(['reset', 'end', 'half'] as const)(
    'resumes without a list after a connection that ends by %s',
    async (how) => {
      await using own = await bench(capabilities);
      own.server.put('c1');
      await using informer = own.configMaps.informer();
      await informer.start().synced;
      await until(() => own.server.watchers > 0);
      own.server.put('c2');
      await until(() => informer.store.size === 2);
      own.server.drop(how);
      own.server.put('c3');
      await until(() => informer.store.size === 3);
      expect(own.server.lists).toHaveLength(1);
    },
  );

  const tooLarge = {
    kind: 'Status',
    code: 504,
    reason: 'Timeout',
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  };

  it.each([
    ['HTTP 410', undefined],
    ['an ERROR event of code 410', expired],
    ['a version that this server has not reached', tooLarge],
  ])('lists again after %s, and tells what was deleted meanwhile', async (_name, event) => {
    await using own = await bench(capabilities);
    for (const name of ['c1', 'c2', 'c3']) own.server.put(name);
    await using informer = own.configMaps.informer();
    const changes: string[] = [];
    informer.subscribe(({ type, key }) => changes.push(`${type} ${key}`));
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    changes.length = 0;
    if (event === undefined) {
      own.server.intercept = (_request, _response, socket) => {
        socket.destroy();
        return true;
      };
      own.server.drop('reset');
      own.server.remove('c2');
      own.server.put('c3', { a: '2' });
      own.server.compact();
      own.server.intercept = () => false;
    } else {
      own.server.objects.delete('c2');
      own.server.say({ type: 'ERROR', object: event });
      own.server.drop('end');
      own.server.put('c3', { a: '2' });
    }
    await until(() => informer.store.size === 2 && informer.store.get('c3', 'ci')?.data?.['a'] === '2');
    expect(changes.toSorted()).toEqual(['deleted ci/c2', 'updated ci/c3']);
    expect(own.server.lists.length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [500, 'InternalError'],
    [403, 'Forbidden'],
    [429, 'TooManyRequests'],
  ])('goes on after HTTP %i and reports it', async (code, reason) => {
    await using own = await bench(capabilities);
    own.server.put('c1');
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    let refusals = 3;
    own.server.intercept = (_request, response) => {
      if (refusals-- <= 0) return false;
      failWith(response, { code, reason });
      return true;
    };
    own.server.drop('end');
    own.server.put('c2');
    await until(() => informer.store.size === 2);
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([reason, reason, reason]);
  });

  it('goes on after an error in the stream without a new list', async () => {
    await using own = await bench(capabilities);
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.say({ type: 'ERROR', object: { kind: 'Status', code: 500, reason: 'InternalError' } });
    own.server.drop('end');
    own.server.put('c1');
    await until(() => informer.store.size === 1);
    expect(errors).toEqual([expect.objectContaining({ code: 'InternalError' })]);
    expect(own.server.lists).toHaveLength(1);
  });

  it('takes an object made anew under the same name for another one', async () => {
    await using own = await bench(capabilities);
    own.server.put('c1');
    await using informer = own.configMaps.informer();
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    const changes: Change<ConfigMap>[] = [];
    informer.subscribe((change) => changes.push(change));
    own.server.remove('c1');
    own.server.put('c1');
    await until(() => changes.length === 3);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'deleted', 'added']);
  });

  it('survives handlers that throw or reject, and tells onError', async () => {
    await using own = await bench(capabilities);
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    const seen: string[] = [];
    informer.subscribe(() => {
      throw new TypeError('sync');
    });
    informer.subscribe(async () => {
      throw new TypeError('async');
    });
    informer.subscribe(({ key }) => seen.push(key));
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.put('c1');
    await until(() => errors.length === 2);
    own.server.put('c2');
    await until(() => seen.length === 2);
    expect(errors.slice(0, 2).map(String)).toEqual(['TypeError: sync', 'TypeError: async']);
  });

  it('lives on when onError itself throws or rejects, or an index function gives no list', async () => {
    await using own = await bench(capabilities);
    own.server.put('c1');
    let told = 0;
    await using informer = own.configMaps.informer({
      indexes: { none: () => undefined as unknown as string[] },
      onError: () => {
        told += 1;
        if (told % 2 === 0) throw new TypeError('of onError');
        return Promise.reject(new TypeError('of onError, later'));
      },
    });
    informer.subscribe(() => {
      throw new TypeError('of a handler');
    });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.put('c1', { a: '1' });
    own.server.put('c2');
    await until(() => informer.store.size === 2);
    expect([informer.store.byIndex('none', 'x'), informer.store.get('c1', 'ci')?.data]).toEqual([[], { a: '1' }]);
    // An index and a handler for each of three changes, and once more to take the first version of c1 out.
    expect(told).toBe(7);
  });

  it('tells nothing after stop, and stops while it connects', async () => {
    await using own = await bench(capabilities);
    own.server.put('c1');
    const informer = own.configMaps.informer().start();
    await informer.synced;
    await until(() => own.server.watchers > 0);
    const seen: string[] = [];
    informer.subscribe(({ key }) => seen.push(key));
    seen.length = 0;
    const stopped = informer.stop();
    own.server.put('c2');
    await stopped;
    expect([seen, informer.state, informer.healthy()]).toEqual([[], 'Stopped', false]);
    await until(() => own.server.watchers === 0);

    await using mute = await startServer(() => undefined);
    await using client = new KubeClient({ server: mute.url });
    const connecting = client.configMaps('ci').informer().start();
    await until(() => mute.seen.length === 1);
    await connecting.stop();
    await expect(connecting.synced).rejects.toThrow('stopped before');
    await until(() => mute.open.size === 0);
  });

  it('reads only the fields it is asked for, and what says which object it is', async () => {
    await using own = await bench(capabilities);
    own.server.put('c1', { a: '1', b: '2' });
    await using informer = own.configMaps.informer({ fields: { data: { a: true } } });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.put('c2', { a: '3', b: '4' });
    await until(() => informer.store.size === 2);
    expect([...informer.store.values()]).toEqual([
      { metadata: { name: 'c1', namespace: 'ci', uid: 'uid-2', resourceVersion: '2' }, data: { a: '1' } },
      { metadata: { name: 'c2', namespace: 'ci', uid: 'uid-3', resourceVersion: '3' }, data: { a: '3' } },
    ]);
  });

  it('keeps the other objects when one cannot be projected or indexed, and tells onError', async () => {
    await using own = await bench(capabilities);
    for (const name of ['good', 'unprojected', 'unindexed']) own.server.put(name, { name });
    const errors: string[] = [];
    const fail = (name: string | undefined, bad: string): string => {
      if (name === bad) throw new TypeError(bad);
      return name ?? '';
    };
    await using informer = own.configMaps.informer({
      project: ({ data }) => fail(data?.['name'], 'unprojected'),
      indexes: { name: (name) => [fail(name, 'unindexed')] },
      onError: (error) => errors.push(String(error)),
    });
    await informer.start().synced;
    expect([...informer.store.values()]).toEqual(['good', 'unindexed']);
    expect(informer.store.byIndex('name', 'good')).toEqual(['good']);
    expect(errors).toEqual(['TypeError: unprojected', 'TypeError: unindexed']);
  });

  it('tells a newcomer the store once, also while others are still being told', async () => {
    await using own = await bench(capabilities);
    for (let i = 0; i < 5; i += 1) own.server.put(`c${i}`);
    await using informer = own.configMaps.informer();
    const late: string[] = [];
    informer.subscribe(() => {
      if (late.length === 0) informer.subscribe(({ type, key }) => late.push(`${type} ${key}`));
    });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    expect(late).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'].map((name) => `added ci/${name}`));
    own.server.put('c5');
    await until(() => late.length === 6);
  });

  it('counts bookmarks as a sign of life and resumes from them', async () => {
    await using own = await bench(capabilities);
    await using informer = own.configMaps.informer();
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    expect(informer.lastEventAgeMs).toBeUndefined();
    own.server.put('other');
    own.server.bookmark();
    await until(() => informer.lastEventAgeMs !== undefined);
    own.server.compact();
    own.server.drop('end');
    await until(() => own.server.watchers > 0);
    expect(own.server.requests.at(-1)).toContain('resourceVersion=2');
    expect(own.server.lists).toHaveLength(1);
  });

  it('equals the server after fifty forced drops under churn, with no event lost or doubled', async () => {
    await using own = await bench(capabilities);
    await using informer = own.configMaps.informer();
    const seen: string[] = [];
    informer.subscribe((change) => {
      const type = { added: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' }[change.type];
      seen.push(`${type} ${change.object.metadata?.name ?? ''}`);
    });
    await informer.start().synced;
    const kinds = ['reset', 'end', 'half'] as const;
    let cut = 0;
    for (let turn = 0; turn < 50; turn += 1) {
      await until(() => own.server.watchers > 0);
      for (let write = 0; write < 6; write += 1) {
        const name = `c${(turn * 7 + write * 3) % 11}`;
        if ((turn + write) % 4 === 0) own.server.remove(name);
        else own.server.put(name, { turn: String(turn), write: String(write) });
        if (write === 3) cut += own.server.drop(kinds[turn % 3] ?? 'end');
      }
    }
    own.server.put('last');
    await until(() => informer.store.get('last', 'ci') !== undefined);
    const versions = (objects: Iterable<ConfigMap>) =>
      [...objects].map(({ metadata }) => `${metadata?.name ?? ''} ${metadata?.resourceVersion ?? ''}`).toSorted();
    expect(versions(informer.store.values())).toEqual(versions(own.server.objects.values()));
    expect(seen).toEqual(own.server.log.map((line) => line.split(' ').slice(0, 2).join(' ')));
    expect([cut, own.server.lists.length]).toEqual([50, 1]);
  });
});

describe('Informer of a server with WatchList', () => {
  const event = (type: string, name: string, resourceVersion: string) =>
    `${JSON.stringify({ type, object: { metadata: { name, namespace: 'ci', uid: name, resourceVersion } } })}\n`;

  it('takes no version from a list that is cut before its end, but asks for pages', async () => {
    await using own = await bench({ watchList: true });
    own.server.put('c1');
    let cuts = 1;
    own.server.intercept = (_request, response, socket) => {
      if (cuts-- <= 0) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(event('ADDED', 'gone', '999'), () => socket.destroy());
      return true;
    };
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    expect(informer.state).toBe('Empty');
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    expect(names(informer.store.values())).toEqual(['c1']);
    expect(own.server.requests[1]).toBe('/api/v1/namespaces/ci/configmaps?limit=250');
    expect(own.server.requests[2]).toContain('resourceVersion=2&');
    expect(errors).toEqual([expect.objectContaining({ code: 'TransportFailed' })]);
  });

  it('takes changes that come before the end of the list for part of it', async () => {
    await using own = await bench({ watchList: true });
    own.server.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (const name of ['a', 'b', 'c']) response.write(event('ADDED', name, '5'));
      response.write(event('DELETED', 'a', '6') + event('MODIFIED', 'b', '7'));
      const metadata = { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
      response.write(event('DELETED', 'c', '8'));
      return true;
    };
    await using informer = own.configMaps.informer();
    const changes: string[] = [];
    informer.subscribe(({ type, key }) => changes.push(`${type} ${key}`));
    await informer.start().synced;
    await until(() => informer.store.size === 1);
    expect(changes).toEqual(['added ci/b', 'added ci/c', 'deleted ci/c']);
    expect(informer.store.get('b', 'ci')?.metadata?.resourceVersion).toBe('7');
  });

  it('does not ask a server for pages that has too much to do already, and waits as long as it asks', async () => {
    await using own = await bench({ watchList: true });
    const clock = fakeClock(() => 0.5);
    await using client = new KubeClient({ server: own.server.url }, { clock });
    let refusals = 2;
    own.server.intercept = (_request, response) => {
      if (refusals-- <= 0) return false;
      failWith(response, { code: 429, reason: 'TooManyRequests', headers: { 'retry-after': '7' } });
      return true;
    };
    await using informer = client.configMaps('ci').informer();
    await informer.start().synced;
    expect(own.server.requests.filter((url) => !url.includes('sendInitialEvents'))).toEqual([]);
    expect(clock.slept).toEqual([7000, 7000]);
  });

  it('pauses when every list ends before it is whole', async () => {
    await using server = await startServer((_request, response) => void response.writeHead(200).end());
    const clock = fakeClock(() => 0.5);
    await using client = new KubeClient({ server: server.url }, { clock });
    const informer = client.configMaps('ci').informer().start();
    await until(() => server.seen.length > 3);
    expect(informer.state).toBe('InitialList');
    await informer.stop();
    expect(clock.slept.slice(0, 3)).toEqual([400, 800, 1600]);
  });

  it('does not wait for a list whose end is never told', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200).write(event('ADDED', 'a', '5'));
    });
    await using client = new KubeClient({ server: server.url });
    const request = { path: '/api/v1/pods', query: {}, stallMs: 60_000, silenceMs: 50 };
    const { signal } = new AbortController();
    const events = streamedList(client, { ...request, signal }, readingAll<ConfigMap>());
    expect((await events.next()).value).toEqual([expect.objectContaining({ type: 'ADDED' })]);
    await expect(events.next()).rejects.toMatchObject({ code: 'TransportFailed', phase: 'body' });
    await until(() => server.open.size === 0);
  });

  it('is asked for one list after the other when many informers lost their place at once', async () => {
    await using own = await bench({ watchList: false });
    let running = 0;
    let most = 0;
    const counting = (inner: Requester): Requester => ({
      stream: (request, recovery) => inner.stream(request, recovery),
      request: async (request, recovery) => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 2));
        return inner.request(request, recovery).finally(() => (running -= 1));
      },
    });
    await using client = new KubeClient(
      { server: own.server.url },
      { clock: fakeClock(() => 0.01), intercept: counting },
    );
    const informers = Array.from({ length: 8 }, () => client.configMaps('ci').informer({ watchList: false }).start());
    await Promise.all(informers.map(({ synced }) => synced));
    await until(() => own.server.watchers === informers.length);
    expect(most).toBeGreaterThan(1);
    most = 0;
    own.server.put('c1');
    own.server.say({ type: 'ERROR', object: expired });
    await until(() => informers.every(({ store, state }) => store.size === 1 && state === 'Watching'));
    await until(() => own.server.lists.length === 2 * informers.length);
    expect(most).toBe(1);
    await Promise.all(informers.map((informer) => informer.stop()));
  });

  it('lets those behind it pass when one is stopped that waited for its turn', async () => {
    const turnstile = new Turnstile();
    const stop = new AbortController();
    const { signal } = new AbortController();
    const leave = await turnstile.enter(signal);
    const second = turnstile.enter(stop.signal);
    const third = turnstile.enter(signal);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'Aborted' });
    leave();
    leave();
    (await third)();
  });
});
