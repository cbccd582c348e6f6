/** Values under which an object is found. */
export type IndexFunction<P> = (object: P) => readonly string[];

type Indexed<P> = { readonly value: P };

/** Entries by the values that a function gives for them. */
export class StoreIndex<P, Entry extends Indexed<P>> {
  readonly #valuesOf: IndexFunction<P>;
  /** Most values of an index such as the uid belong to one entry: a set for each would weigh more than the entry. */
  readonly #found = new Map<string, Entry | Set<Entry>>();

  constructor(valuesOf: IndexFunction<P>) {
    this.#valuesOf = valuesOf;
  }

  find(value: string): Entry[] {
    const found = this.#found.get(value);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  add(entry: Entry): void {
    for (const value of this.#valuesOf(entry.value)) {
      const found = this.#found.get(value);
      if (found === undefined) this.#found.set(value, entry);
      else if (found instanceof Set) found.add(entry);
      else if (found !== entry) this.#found.set(value, new Set([found, entry]));
    }
  }

  remove(entry: Entry): void {
    for (const value of this.#valuesOf(entry.value)) {
      const found = this.#found.get(value);
      if (found === entry) this.#found.delete(value);
      else if (found instanceof Set && found.delete(entry) && found.size === 0) this.#found.delete(value);
    }
  }
}
