import type { KubeObject } from '../resources/models.ts';
import { type IndexFunction, StoreIndex } from './store-index.ts';

/** What the store keeps of an object. */
export type Entry<P> = { readonly uid: string; readonly version: string; readonly value: P };

/** A change of the store. `previous` is what it kept before. */
export type Change<P> =
  | { readonly type: 'added'; readonly key: string; readonly object: P }
  | { readonly type: 'updated'; readonly key: string; readonly object: P; readonly previous: P }
  | { readonly type: 'deleted'; readonly key: string; readonly object: P };

/** What readers see of a store. */
export type ReadonlyStore<P> = {
  readonly size: number;
  /** What is kept of one object; undefined when there is none. */
  get(name: string, namespace?: string): P | undefined;
  /** All of them, in no order. */
  values(): IterableIterator<P>;
  /** Those for which the index function named gave this value. @throws TypeError for an index that does not exist */
  byIndex(index: string, value: string): P[];
};

/** Key of an object: `namespace/name`, or the name of one without a namespace. */
export const keyOf = (name: string, namespace?: string): string =>
  // Joined and not concatenated: that would keep both parts alive beside the whole.
  namespace === undefined || namespace === '' ? name : [namespace, name].join('/');

type Indexes<P> = Map<string, StoreIndex<P, Entry<P>>>;

/** Objects by key and by index. Each write says what it changed. */
export class Store<P> implements ReadonlyStore<P> {
  #entries = new Map<string, Entry<P>>();
  #indexes: Indexes<P>;

  constructor(indexes: Readonly<Record<string, IndexFunction<P>>> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, valuesOf]) => [name, new StoreIndex(valuesOf)]));
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string, namespace?: string): P | undefined {
    return this.#entries.get(keyOf(name, namespace))?.value;
  }

  *values(): IterableIterator<P> {
    for (const { value } of this.#entries.values()) yield value;
  }

  *entries(): IterableIterator<[string, P]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  byIndex(index: string, value: string): P[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new TypeError(`index: there is no "${index}"`);
    return found.find(value).map((entry) => entry.value);
  }

  /** Puts one object; nothing changes when it is the version that is there. */
  put(key: string, entry: Entry<P>): Change<P>[] {
    const before = this.#entries.get(key);
    if (isSame(before, entry)) return [];
    for (const index of this.#indexes.values()) {
      if (before !== undefined) index.remove(before);
      index.add(entry);
    }
    this.#entries.set(key, entry);
    return changesOf(key, before, entry);
  }

  /** Takes one object out. */
  remove(key: string): Change<P>[] {
    const before = this.#entries.get(key);
    if (before === undefined) return [];
    for (const index of this.#indexes.values()) index.remove(before);
    this.#entries.delete(key);
    return changesOf(key, before, undefined);
  }

  /**
   * Becomes the other store, at once; the other is used up by it. The changes are worked out as they are asked for: ask
   * for them before the next write.
   */
  become(other: Store<P>): Iterable<Change<P>> {
    const before = this.#entries;
    this.#entries = other.#entries;
    this.#indexes = other.#indexes;
    return differences(before, this.#entries);
  }
}

function* differences<P>(
  before: ReadonlyMap<string, Entry<P>>,
  after: ReadonlyMap<string, Entry<P>>,
): Generator<Change<P>, void> {
  for (const [key, { value }] of before) {
    if (!after.has(key)) yield { type: 'deleted', key, object: value };
  }
  for (const [key, entry] of after) yield* changesOf(key, before.get(key), entry);
}

const isSame = <P>(one: Entry<P> | undefined, other: Entry<P>): boolean =>
  one?.uid === other.uid && one.version === other.version;

/** An object made anew under the same name is another one: the old one was deleted. */
const changesOf = <P>(key: string, before: Entry<P> | undefined, after: Entry<P> | undefined): Change<P>[] => {
  if (before === undefined) return after === undefined ? [] : [{ type: 'added', key, object: after.value }];
  const deleted: Change<P> = { type: 'deleted', key, object: before.value };
  if (after === undefined) return [deleted];
  if (before.uid !== after.uid) return [deleted, { type: 'added', key, object: after.value }];
  if (isSame(before, after)) return [];
  return [{ type: 'updated', key, object: after.value, previous: before.value }];
};

/** Leaves out of an object what only `kubectl apply` reads, which may be as long as the rest. */
export const trimmed = <T extends KubeObject>(object: T): T => {
  const annotations = object.metadata?.annotations;
  if (annotations !== undefined) delete annotations['kubectl.kubernetes.io/last-applied-configuration'];
  return object;
};
