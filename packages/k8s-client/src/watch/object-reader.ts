import { type AnySelection, compileSelection, mergeSelections } from '../json/field-selection.ts';
import { readFields } from '../json/read-fields.ts';
import { readItemsWithout, readWithout } from '../json/read-without.ts';
import type { ListBody } from '../resources/verb-options.ts';

/** A watch event as it was sent: not yet known to be one. */
export type SentEvent<T> = { readonly type?: string; readonly object?: T };

/** How the bytes of a page of a list, and of an event of a watch, become values. @throws SyntaxError */
export type ObjectReader<T> = {
  readonly page: (body: Buffer) => ListBody<T>;
  readonly event: (line: Buffer) => SentEvent<T>;
};

const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

/** Everything that was sent. */
export const readingAll = <T>(): ObjectReader<T> => ({
  page: (body) => parse(body) as ListBody<T>,
  event: (line) => parse(line) as SentEvent<T>,
});

const managedFields = ['metadata', 'managedFields'];

/** Everything but `managedFields`, which are up to half of an object and of use to servers only. */
export const readingMost = <T>(): ObjectReader<T> => ({
  page: (body) => readItemsWithout(body, managedFields) as ListBody<T>,
  event: (line) => readWithout(line, ['object', ...managedFields]) as SentEvent<T>,
});

const identity = { metadata: { name: true, namespace: true, uid: true, resourceVersion: true } } as const;

/** The selected fields, and those that say which object it is. @throws TypeError for a selection that is none */
export const readingOnly = <T>(fields: AnySelection): ObjectReader<T> => {
  const wanted = mergeSelections(fields, identity);
  const page = compileSelection({ metadata: true, items: wanted });
  const event = compileSelection({ type: true, object: wanted });
  return {
    page: (body) => readFields(body, page) as ListBody<T>,
    event: (line) => {
      const sent = readFields(line, event) as SentEvent<T>;
      // The objects of the others are not of this kind: a status, or only a version with marks on it.
      return sent.type === 'ADDED' || sent.type === 'MODIFIED' || sent.type === 'DELETED'
        ? sent
        : (parse(line) as SentEvent<T>);
    },
  };
};
