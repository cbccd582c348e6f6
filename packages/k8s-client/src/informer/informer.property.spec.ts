import { describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ListWatchServer } from '../../test/support/list-watch-server.ts';
import { failWith } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import type { ConfigMap } from '../resources/models.ts';
import type { Change } from './store.ts';

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);
const STEPS = 60;

const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
};

/** What somebody knows who only hears of changes. It refuses a change that cannot follow from what it knows. */
class Listener {
  readonly known = new Map<string, ConfigMap>();

  readonly hear = (change: Change<ConfigMap>): void => {
    const { type, key, object } = change;
    const before = this.known.get(key);
    if (type === 'added') expect([key, before]).toEqual([key, undefined]);
    else expect(identity(type === 'updated' ? change.previous : object)).toBe(identity(before));
    if (type === 'updated') {
      expect(versionOf(object)).toBeGreaterThan(versionOf(before));
      expect(object.metadata?.uid).toBe(before?.metadata?.uid);
    }
    if (type === 'deleted') this.known.delete(key);
    else this.known.set(key, object);
  };
}

const identity = (object: ConfigMap | undefined): string => `${object?.metadata?.uid ?? ''} ${versionOf(object)}`;

const versionOf = (object: ConfigMap | undefined): number => Number(object?.metadata?.resourceVersion);

const versions = (objects: Iterable<ConfigMap>): string[] =>
  [...objects].map(({ metadata }) => `${metadata?.name ?? ''} ${metadata?.resourceVersion ?? ''}`).toSorted();

const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };

/** One thing that happens to the server: most often a change, now and then a calamity. Returns whether history was lost. */
const happen = (server: ListWatchServer, random: () => number): boolean => {
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const name = `c${Math.floor(random() * 8)}`;
  const kind = random();
  if (kind < 0.55) server.put(name, { value: String(random()) });
  else if (kind < 0.75) server.remove(name);
  else if (kind < 0.8) server.bookmark();
  else if (kind < 0.9) server.drop(pick('reset', 'end', 'half'));
  else if (kind < 0.95) {
    let refusals = pick(1, 2, 3);
    const how = pick<'reset' | number>('reset', 429, 500, 503);
    server.intercept = (_request, response, socket) => {
      if (refusals-- <= 0) return false;
      if (typeof how === 'string') socket.resetAndDestroy();
      else failWith(response, { code: how, reason: how === 429 ? 'TooManyRequests' : 'InternalError' });
      return true;
    };
    server.drop('end');
  } else if (kind < 0.975) {
    server.say(expired);
    server.drop('end');
    return true;
  } else {
    server.drop('reset');
    server.put(name, { after: 'the drop' });
    server.compact();
    return true;
  }
  return false;
};

describe('An informer, whatever happens', () => {
  it.each(SEEDS)('ends with what the server has, and told every step of the way there (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    await using server = await ListWatchServer.start();
    server.watchList = seed % 2 === 0;
    await using client = new KubeClient({ server: server.url }, { clock: fakeClock(() => 0.01) });
    await using informer = client.configMaps('ci').informer({ pageSize: 3 });
    const wrong: unknown[] = [];
    const [early, late] = [new Listener(), new Listener()];
    const listen = (listener: Listener) => (change: Change<ConfigMap>) => {
      try {
        listener.hear(change);
      } catch (error) {
        wrong.push(error);
      }
      if (random() < 0.2) throw new TypeError('of a handler');
    };
    for (let count = Math.floor(random() * 9); count > 0; count -= 1) server.put(`c${count}`);
    const heard: string[] = [];
    informer.subscribe(listen(early));
    await informer.start().synced;
    const listed = server.log.length;
    informer.subscribe(({ type, object: { metadata } }) => {
      const sent = { added: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' }[type];
      heard.push(`${sent} ${metadata?.name ?? ''}`);
    });
    heard.length = 0;

    let forgot = false;
    for (let step = 0; step < STEPS; step += 1) {
      forgot = happen(server, random) || forgot;
      if (step === STEPS / 2) informer.subscribe(listen(late));
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 4));
    }
    server.put('last');
    const seen = () => [informer.store.values(), early.known.values(), late.known.values()].map(versions);
    const want = versions(server.objects.values());
    // Handlers are told in slices, after the store has changed.
    const all = [want, want, want];
    for (let tries = 0; tries < 1000 && !isDeepStrictEqual(seen(), all); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(wrong).toEqual([]);
    expect(seen()).toEqual(all);
    // Only where the server forgot what happened in between may changes have been heard of as one.
    const log = server.log.slice(listed).map((line) => line.split(' ').slice(0, 2).join(' '));
    if (!forgot) expect(heard).toEqual(log);
    expect(heard.length).toBeLessThanOrEqual(2 * log.length);
  });
});
