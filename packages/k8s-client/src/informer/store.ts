import type { KubeObject } from '../resources/models.ts';

/** What the store keeps of an object. */
export type Entry<P> = { readonly uid: string; readonly version: string; readonly value: P };

/** A change of the store. `previous` is what it kept before. */
export type Change<P> =
  | { readonly type: 'added'; readonly key: string; readonly object: P }
  | { readonly type: 'updated'; readonly key: string; readonly object: P; readonly previous: P }
  | { readonly type: 'deleted'; readonly key: string; readonly object: P };

/** Values under which an object is found. */
export type IndexFunction<P> = (object: P) => readonly string[];

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
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;

/** Objects by key and by index. Each write says what it changed. */
export class Store<P> implements ReadonlyStore<P> {
  readonly #entries = new Map<string, Entry<P>>();
  readonly #indexes: ReadonlyMap<string, { readonly of: IndexFunction<P>; readonly keys: Map<string, Set<string>> }>;

  constructor(indexes: Readonly<Record<string, IndexFunction<P>>> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, of]) => [name, { of, keys: new Map() }]));
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
    return [...(found.keys.get(value) ?? [])].flatMap((key) => this.#entries.get(key)?.value ?? []);
  }

  /** Puts one object; nothing changes when it is the version that is there. */
  put(key: string, entry: Entry<P>): Change<P>[] {
    const before = this.#entries.get(key);
    if (before?.uid === entry.uid && before.version === entry.version) return [];
    if (before !== undefined && before.uid !== entry.uid) return [...this.remove(key), ...this.put(key, entry)];
    if (before !== undefined) this.#unindex(key, before.value);
    this.#entries.set(key, entry);
    this.#index(key, entry.value);
    if (before === undefined) return [{ type: 'added', key, object: entry.value }];
    return [{ type: 'updated', key, object: entry.value, previous: before.value }];
  }

  /** Takes one object out. */
  remove(key: string): Change<P>[] {
    const before = this.#entries.get(key);
    if (before === undefined) return [];
    this.#unindex(key, before.value);
    this.#entries.delete(key);
    return [{ type: 'deleted', key, object: before.value }];
  }

  /** Becomes this list at once: what is missing in it was deleted meanwhile. */
  replace(entries: ReadonlyMap<string, Entry<P>>): Change<P>[] {
    const changes: Change<P>[] = [];
    for (const key of this.#entries.keys()) {
      if (!entries.has(key)) changes.push(...this.remove(key));
    }
    for (const [key, entry] of entries) changes.push(...this.put(key, entry));
    return changes;
  }

  #index(key: string, value: P): void {
    for (const { of, keys } of this.#indexes.values()) {
      for (const name of of(value)) {
        const found = keys.get(name);
        if (found === undefined) keys.set(name, new Set([key]));
        else found.add(key);
      }
    }
  }

  #unindex(key: string, value: P): void {
    for (const { of, keys } of this.#indexes.values()) {
      for (const name of of(value)) {
        const found = keys.get(name);
        found?.delete(key);
        if (found?.size === 0) keys.delete(name);
      }
    }
  }
}

/** Leaves out of an object what only servers and `kubectl apply` read, which is up to half of it. */
export const trimmed = <T extends KubeObject>(object: T): T => {
  const { metadata } = object;
  if (metadata === undefined) return object;
  delete metadata.managedFields;
  if (metadata.annotations !== undefined) {
    delete metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'];
  }
  return object;
};
