import { describe, expect, test } from '@jest/globals';
import { known } from '../api/kinds.ts';
import type { KubeObject } from '../objects.ts';
import { Store } from './store.ts';

const object = (name: string, value = ''): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid: name, resourceVersion: '', creationTimestamp: '' },
  value,
});
const kind = known.configMaps;
const names = (store: Store, revision?: number) =>
  store.list(kind, 'n', revision).items.map(({ metadata, value }) => `${metadata.name}${String(value)}`);

describe('the store', () => {
  test('lists the past', () => {
    const store = new Store(100);
    store.put(kind, object('b'));
    store.put(kind, object('a', '1'));
    const then = store.revision;
    store.put(kind, object('a', '2'));
    store.remove(kind, object('b'));
    store.put(kind, object('c'));
    expect(names(store)).toEqual(['a2', 'c']);
    expect(names(store, then)).toEqual(['a1', 'b']);
  });

  test('tells all listeners the same order, also when one of them writes', () => {
    const store = new Store(100);
    const seen: string[] = [];
    store.subscribe(({ object: { metadata } }) => {
      if (metadata.name === 'a') store.put(kind, object('b'));
    });
    store.subscribe(({ revision, object: { metadata } }) => seen.push(`${metadata.name}${revision}`));
    store.put(kind, object('a'));
    expect(seen).toEqual(['a2', 'b3']);
  });

  test('forgets what is too old, and says so', () => {
    const store = new Store(10);
    for (let i = 0; i < 40; i += 1) store.put(kind, object('a', String(i)));
    expect(store.since(2)).toBeUndefined();
    expect(store.compactedRevision).toBeGreaterThan(20);
    expect(store.since(store.compactedRevision)?.length).toBe(store.revision - store.compactedRevision);
    expect(store.since(store.revision)).toEqual([]);
  });
});
