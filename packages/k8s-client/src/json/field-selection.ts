import { StringCache } from './string-cache.ts';

/**
 * Which fields of an object are wanted, in the shape of the object: `true` for a whole field, nested for a part of it. In
 * a list, it is meant for each item.
 * @example { metadata: { labels: { app: true } }, status: { phase: true, containerStatuses: { ready: true } } }
 */
export type FieldSelection<T> = Partial<{
  readonly [Key in keyof T]: true | FieldSelection<ItemOf<NonNullable<T[Key]>>>;
}>;

type ItemOf<T> = T extends readonly (infer Item)[] ? Item : T;

/** Any selection, when its kind does not matter. */
export type AnySelection = { readonly [field: string]: true | AnySelection };

/** A selection made ready for reading bytes. */
export type FieldNode = {
  readonly name: string;
  readonly key: Buffer;
  /** Undefined: the field is wanted whole. */
  readonly children: readonly FieldNode[] | undefined;
  readonly texts: StringCache;
};

/** @throws TypeError naming a field that is neither `true` nor a selection */
export const compileSelection = (selection: AnySelection, name = 'fields'): FieldNode => ({
  name,
  key: Buffer.from(name),
  texts: new StringCache(),
  children: Object.entries(selection).map(([field, wanted]) => {
    // It would set the prototype of what is read.
    if (field === '__proto__') throw new TypeError(`${name}: "__proto__" cannot be a field`);
    if (wanted === true) return { name: field, key: Buffer.from(field), children: undefined, texts: new StringCache() };
    if (typeof wanted !== 'object' || (wanted as unknown) === null)
      throw new TypeError(`${field}: expected true or a selection of its fields`);
    return compileSelection(wanted, field);
  }),
});

/** Both selections in one. */
export const mergeSelections = (one: AnySelection, other: AnySelection): AnySelection => {
  const merged: Record<string, true | AnySelection> = { ...one };
  for (const [field, wanted] of Object.entries(other)) {
    const before = merged[field];
    merged[field] =
      before === undefined ? wanted : before === true || wanted === true ? true : mergeSelections(before, wanted);
  }
  return merged;
};
