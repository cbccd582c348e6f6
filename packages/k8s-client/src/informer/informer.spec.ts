import { describe, expect, it } from '@jest/globals';
import { failWith, startServer } from '../../test/support/test-server.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ListWatchServer } from '../../test/support/list-watch-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { ConfigMap } from '../resources/models.ts';
import type { Change } from './store.ts';

const names = (values: Iterable<ConfigMap>): string[] =>
  [...values].map(({ metadata }) => metadata?.name ?? '').toSorted();

const bench = async () => {
  const server = await ListWatchServer.start();
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

describe('Informer', () => {
  it('opens nothing before start, lists in pages, then follows', async () => {
    await using own = await bench();
    for (let i = 0; i < 5; i += 1) own.server.put(`c${i}`);
    await using informer = own.configMaps.informer({ pageSize: 2 });
    expect([informer.state, own.server.requests.length]).toEqual(['Empty', 0]);
    await informer.start().synced;
    expect(names(informer.store.values())).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    expect(own.server.requests.slice(0, 3)).toEqual([
      '/api/v1/namespaces/ci/configmaps?limit=2',
      '/api/v1/namespaces/ci/configmaps?limit=2&continue=2',
      '/api/v1/namespaces/ci/configmaps?limit=2&continue=4',
    ]);
    own.server.remove('c1');
    own.server.put('c9', { a: '1' });
    await until(() => informer.store.get('c9', 'ci') !== undefined);
    expect(informer.state).toBe('Watching');
    expect(informer.healthy()).toBe(true);
    expect(names(informer.store.values())).toEqual(['c0', 'c2', 'c3', 'c4', 'c9']);
  });

  it('is one loop however often it is started', async () => {
    await using own = await bench();
    await using informer = own.configMaps.informer();
    informer.start();
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    expect(own.server.requests).toHaveLength(2);
  });

  it('keeps only what the projection returns, and by default no managed fields', async () => {
    await using own = await bench();
    own.server.put('c', { a: '1' });
    await using whole = own.configMaps.informer();
    await whole.start().synced;
    expect(whole.store.get('c', 'ci')?.metadata).not.toHaveProperty('managedFields');
    await using part = own.configMaps.informer({ project: ({ data }) => data?.['a'] });
    await part.start().synced;
    expect([...part.store.values()]).toEqual(['1']);
  });

  it('finds objects by index through changes', async () => {
    await using own = await bench();
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
      await using own = await bench();
      own.server.put('c1');
      await using informer = own.configMaps.informer();
      await informer.start().synced;
      await until(() => own.server.watchers > 0);
      own.server.put('c2');
      await until(() => informer.store.size === 2);
      own.server.drop(how);
      own.server.put('c3');
      await until(() => informer.store.size === 3);
      expect(own.server.requests.filter((url) => !url.includes('watch=true'))).toHaveLength(1);
    },
  );

  const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
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
    await using own = await bench();
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
    expect(own.server.requests.filter((url) => !url.includes('watch=true')).length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [500, 'InternalError'],
    [403, 'Forbidden'],
    [429, 'TooManyRequests'],
  ])('goes on after HTTP %i and reports it', async (code, reason) => {
    await using own = await bench();
    own.server.put('c1');
    let refusals = 3;
    own.server.intercept = ({ url }, response) => {
      if (!url.includes('watch=true') || refusals-- <= 0) return false;
      failWith(response, { code, reason });
      return true;
    };
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.put('c2');
    await until(() => informer.store.size === 2);
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([reason, reason, reason]);
  });

  it('goes on after an error in the stream without a new list', async () => {
    await using own = await bench();
    const errors: unknown[] = [];
    await using informer = own.configMaps.informer({ onError: (error) => errors.push(error) });
    await informer.start().synced;
    await until(() => own.server.watchers > 0);
    own.server.say({ type: 'ERROR', object: { kind: 'Status', code: 500, reason: 'InternalError' } });
    own.server.drop('end');
    own.server.put('c1');
    await until(() => informer.store.size === 1);
    expect(errors).toEqual([expect.objectContaining({ code: 'InternalError' })]);
    expect(own.server.requests.filter((url) => !url.includes('watch=true'))).toHaveLength(1);
  });

  it('takes an object made anew under the same name for another one', async () => {
    await using own = await bench();
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
    await using own = await bench();
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

  it('tells nothing after stop, and stops while it connects', async () => {
    await using own = await bench();
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

  it('counts bookmarks as a sign of life and resumes from them', async () => {
    await using own = await bench();
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
    expect(own.server.requests.filter((url) => !url.includes('watch=true'))).toHaveLength(1);
  });

  it('equals the server after fifty forced drops under churn, with no event lost or doubled', async () => {
    await using own = await bench();
    await using informer = own.configMaps.informer();
    const seen: string[] = [];
    informer.subscribe((change) => {
      const type = { added: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' }[change.type];
      seen.push(`${type} ${change.object.metadata?.name ?? ''}`);
    });
    await informer.start().synced;
    const kinds = ['reset', 'end', 'half'] as const;
    for (let turn = 0; turn < 50; turn += 1) {
      for (let write = 0; write < 6; write += 1) {
        const name = `c${(turn * 7 + write * 3) % 11}`;
        if ((turn + write) % 4 === 0) own.server.remove(name);
        else own.server.put(name, { turn: String(turn), write: String(write) });
        if (write === 3) own.server.drop(kinds[turn % 3] ?? 'end');
      }
      if (turn % 5 === 0) await until(() => own.server.watchers > 0);
    }
    own.server.put('last');
    await until(() => informer.store.get('last', 'ci') !== undefined);
    const versions = (objects: Iterable<ConfigMap>) =>
      [...objects].map(({ metadata }) => `${metadata?.name ?? ''} ${metadata?.resourceVersion ?? ''}`).toSorted();
    expect(versions(informer.store.values())).toEqual(versions(own.server.objects.values()));
    expect(seen).toEqual(own.server.log.map((line) => line.split(' ').slice(0, 2).join(' ')));
  });
});
