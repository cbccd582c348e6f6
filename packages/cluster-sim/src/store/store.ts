import { isDeepStrictEqual } from 'node:util';
import type { ResourceKind } from '../api/kinds.ts';
import type { KubeObject } from '../objects.ts';

/** A change of one object. `previous` is what it was before, for selectors that it may have left. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly kind: ResourceKind;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** Objects of one kind as they were at one revision, in key order. */
export interface Snapshot {
  readonly items: readonly KubeObject[];
  readonly revision: number;
}

/** Called with each change, in order. Must not throw. May write: what it writes is published after the current change. */
export type StoreListener = (event: StoreEvent) => void;

/** Key of an object among its kind; its order is the order of lists. */
export const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

const sameStore = (kind: ResourceKind): string =>
  kind.plural === 'events' ? 'events' : `${kind.group}/${kind.plural}`;

/**
 * All objects, with one revision counter for all kinds and a bounded history of changes, as etcd has them. Objects are
 * never changed in place: a write puts a new object. Single-threaded, so every write is atomic.
 */
export class Store {
  readonly #collections = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<StoreListener>();
  readonly #historyLimit: number;
  #history: StoreEvent[] = [];
  readonly #unpublished: StoreEvent[] = [];
  #publishing = false;
  #revision = 1;
  #compacted = 0;

  /** @param historyLimit how many changes a watch can go back. */
  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this revision are forgotten: reading from an earlier one is 410 Expired. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  /** The object, or undefined. */
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#collection(kind).get(keyOf(namespace, name));
  }

  /** All objects of a kind (in one namespace, when given) in key order, now or as they were at a revision that is not compacted. */
  list(kind: ResourceKind, namespace?: string, revision = this.#revision): Snapshot {
    let collection = this.#collection(kind);
    if (revision < this.#revision) collection = this.#rollBack(kind, collection, revision);
    const prefix = namespace === undefined ? '' : keyOf(namespace, '');
    const keys = [...collection.keys()].filter((key) => key.startsWith(prefix)).sort();
    const items = keys.flatMap((key) => collection.get(key) ?? []);
    return { items, revision };
  }

  /** Stores an object (new or changed) under a new revision and returns it as stored. The argument is not kept. */
  put(kind: ResourceKind, object: KubeObject): KubeObject {
    const collection = this.#collection(kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = collection.get(key);
    const stored = this.#stamped(object);
    collection.set(key, stored);
    this.#publish({ type: previous ? 'MODIFIED' : 'ADDED', revision: this.#revision, kind, object: stored, previous });
    return stored;
  }

  /** Stores an object unless it is the same as what is there. */
  putChanged(kind: ResourceKind, object: KubeObject): void {
    const { namespace, name } = object.metadata;
    if (!isDeepStrictEqual(this.get(kind, namespace, name), object)) this.put(kind, object);
  }

  /** Removes an object and returns its last state, stamped with the revision of the removal. Undefined when it was not there. */
  remove(kind: ResourceKind, object: KubeObject): KubeObject | undefined {
    const collection = this.#collection(kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = collection.get(key);
    if (previous === undefined) return undefined;
    const last = this.#stamped(object);
    collection.delete(key);
    this.#publish({ type: 'DELETED', revision: this.#revision, kind, object: last, previous });
    return last;
  }

  /** Changes after `revision`, oldest first, or undefined when they are partly forgotten. */
  since(revision: number): readonly StoreEvent[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#history.slice(this.#firstAfter(revision));
  }

  /** Calls the listener for every later change until the returned function is called. */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history: older watches and continue tokens now get 410. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#revision;
  }

  /** True when two kinds are views of the same objects (events are served by two groups). */
  sameObjects(a: ResourceKind, b: ResourceKind): boolean {
    return a === b || sameStore(a) === sameStore(b);
  }

  #collection(kind: ResourceKind): Map<string, KubeObject> {
    const id = sameStore(kind);
    let collection = this.#collections.get(id);
    if (collection === undefined) this.#collections.set(id, (collection = new Map<string, KubeObject>()));
    return collection;
  }

  #stamped(object: KubeObject): KubeObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #rollBack(kind: ResourceKind, current: Map<string, KubeObject>, revision: number): Map<string, KubeObject> {
    const past = new Map(current);
    for (let i = this.#history.length - 1; i >= this.#firstAfter(revision); i -= 1) {
      const event = this.#history[i];
      if (event === undefined || !this.sameObjects(event.kind, kind)) continue;
      const key = keyOf(event.object.metadata.namespace, event.object.metadata.name);
      if (event.previous === undefined) past.delete(key);
      else past.set(key, event.previous);
    }
    return past;
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #publish(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > this.#historyLimit * 1.25) {
      const dropped = this.#history.length - this.#historyLimit;
      this.#compacted = this.#history[dropped - 1]?.revision ?? this.#compacted;
      this.#history = this.#history.slice(dropped); // in slices: dropping one by one would cost a copy per write
    }
    this.#unpublished.push(event);
    if (this.#publishing) return; // a listener wrote: the loop below comes to it, so that all listeners see one order
    this.#publishing = true;
    for (let next = this.#unpublished.shift(); next !== undefined; next = this.#unpublished.shift()) {
      for (const listener of this.#listeners) listener(next);
    }
    this.#publishing = false;
  }
}
