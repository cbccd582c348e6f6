import type { KubeObject } from '../resources/models.ts';

/** A change of an object. A BOOKMARK only carries a resource version. */
export type WatchEvent<T extends KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
};
