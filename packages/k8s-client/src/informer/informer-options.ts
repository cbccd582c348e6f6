import type { KubeObject } from '../resources/models.ts';
import type { IndexFunction } from './store.ts';
import { trimmed } from './store.ts';

/** What an informer follows and what it keeps. */
export type InformerOptions<T extends KubeObject, P = T> = {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /**
   * What to keep of an object: only the fields asked for, if memory matters. The object may be changed and handed back.
   * @default the object without `managedFields` and the last-applied annotation
   */
  readonly project?: (object: T) => P;
  /** Ways to find objects in the store: name of the index → values of an object. */
  readonly indexes?: Readonly<Record<string, IndexFunction<P>>>;
  /** Objects per page of a list; a page is parsed in one go, during which nothing else runs. @default 250 */
  readonly pageSize?: number;
  /** Hears of failures that the informer works around, and of handlers that throw. */
  readonly onError?: (error: unknown) => void;
};

/** All options with their values. */
export type NormalizedInformerOptions<T extends KubeObject, P> = {
  readonly selectors: { readonly labelSelector: string | undefined; readonly fieldSelector: string | undefined };
  readonly project: (object: T) => P;
  readonly indexes: Readonly<Record<string, IndexFunction<P>>>;
  readonly pageSize: number;
  readonly onError: (error: unknown) => void;
};

/** The only place with defaults. @throws TypeError naming the option */
export const normalizeInformerOptions = <T extends KubeObject, P>(
  options: InformerOptions<T, P>,
): NormalizedInformerOptions<T, P> => {
  const { pageSize = 250 } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1) throw new TypeError('pageSize: expected a whole number above 0');
  return Object.freeze({
    selectors: { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector },
    // Without a projection, P is T.
    project: options.project ?? (trimmed as unknown as (object: T) => P),
    indexes: options.indexes ?? {},
    pageSize,
    onError: options.onError ?? (() => undefined),
  });
};
