import type { AnySelection, FieldSelection } from '../json/field-selection.ts';
import type { KubeObject } from '../resources/models.ts';
import { type ObjectReader, readingMost, readingOnly } from '../watch/object-reader.ts';
import { trimmed } from './store.ts';
import type { IndexFunction } from './store-index.ts';

/** What an informer follows and what it keeps. */
export type InformerOptions<T extends KubeObject, P = T> = {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /**
   * The fields to read at all, in the shape of the object: the rest of what the server sends is passed over without
   * making values of it, which saves most of the time and memory. `metadata.name`, `namespace`, `uid` and
   * `resourceVersion` are always read.
   * @default everything but `managedFields`
   * @example { metadata: { labels: { app: true } }, status: { phase: true } }
   */
  readonly fields?: FieldSelection<T>;
  /**
   * What to keep of an object. It gets the fields that are read, and may change the object and hand it back.
   * @default the object, without the last-applied annotation
   */
  readonly project?: (object: T) => P;
  /** Ways to find objects in the store: name of the index → values of an object. */
  readonly indexes?: Readonly<Record<string, IndexFunction<P>>>;
  /**
   * Whether to ask the server to send what there is as a stream (WatchList, Kubernetes 1.32, 1.34 and later): it costs the server
   * least. A server that refuses, or that has no end to it within ten seconds, is asked for pages instead.
   * @default true
   */
  readonly watchList?: boolean;
  /** Objects per page of a list; a page is read in one go, during which nothing else runs. @default 250 */
  readonly pageSize?: number;
  /** Hears of failures that the informer works around, and of handlers that throw. What it throws itself is dropped. */
  readonly onError?: (error: unknown) => unknown;
};

/** All options with their values. */
export type NormalizedInformerOptions<T extends KubeObject, P> = {
  readonly selectors: { readonly labelSelector: string | undefined; readonly fieldSelector: string | undefined };
  readonly reader: ObjectReader<T>;
  /** Whether whole objects are read, and not only fields of them. */
  readonly whole: boolean;
  readonly project: (object: T) => P;
  readonly indexes: Readonly<Record<string, IndexFunction<P>>>;
  readonly watchList: boolean;
  readonly pageSize: number;
  readonly onError: (error: unknown) => void;
};

/** The only place with defaults. @throws TypeError naming the option */
export const normalizeInformerOptions = <T extends KubeObject, P>(
  options: InformerOptions<T, P>,
): NormalizedInformerOptions<T, P> => {
  const { pageSize = 250, fields } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1) throw new TypeError('pageSize: expected a whole number above 0');
  const onError = harmless(options.onError);
  return Object.freeze({
    selectors: { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector },
    reader: fields === undefined ? readingMost<T>() : readingOnly<T>(fields as AnySelection),
    whole: fields === undefined,
    // Without a projection, P is T.
    project: options.project ?? (trimmed as unknown as (object: T) => P),
    indexes: Object.fromEntries(
      Object.entries(options.indexes ?? {}).map(([name, valuesOf]) => [name, guarded(valuesOf, onError)]),
    ),
    watchList: options.watchList ?? true,
    pageSize,
    onError,
  });
};

/** Nobody is left who could be told of an error of the one who is told of errors. */
const harmless =
  (onError: InformerOptions<KubeObject>['onError']) =>
  (error: unknown): void => {
    try {
      const result = onError?.(error);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // As above.
    }
  };

/** An object for which the function throws, or gives no list, is in the store, and not found by this index. */
const guarded =
  <P>(valuesOf: IndexFunction<P>, onError: (error: unknown) => void): IndexFunction<P> =>
  (object) => {
    try {
      return [...valuesOf(object)];
    } catch (error) {
      onError(error);
      return [];
    }
  };
