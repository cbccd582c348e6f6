import type { CallOptions } from '../requester.ts';

/** Options of `get`. */
export type GetOptions = CallOptions & {
  /** `0` may be answered from the server's cache; unset reads what is newest. */
  readonly resourceVersion?: string | undefined;
};

/** Options of `list`. */
export type ListOptions = CallOptions & {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Objects per page. Unset: everything in one answer. */
  readonly limit?: number | undefined;
  /** Where the page before ended. */
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact' | undefined;
};

/** Options of verbs that write. */
export type WriteOptions = CallOptions & {
  /** Who is named in `managedFields`. @default the client's `fieldManager` */
  readonly fieldManager?: string | undefined;
  /** Checks everything and stores nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** What the server does about unknown fields. @default the server's choice, `Warn` */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
};

/** Options of `create`. */
export type CreateOptions = WriteOptions & {
  /**
   * Says which creates are one and the same, across processes: an object of this name that carries this id is returned
   * as if it had just been created; one with another id is a NameConflict. @default a new id for each call
   */
  readonly createId?: string | undefined;
};

/** How a patch is meant: RFC 7386 merge, RFC 6902 operations, or Kubernetes' merge that knows list keys. */
export type PatchType = 'merge' | 'json' | 'strategic';

/** Options of `patch`. */
export type PatchOptions = WriteOptions & {
  /** @default 'merge' */
  readonly type?: PatchType | undefined;
  readonly subresource?: 'status' | 'scale' | undefined;
};

/** Options of `update`; `timeoutMs` is for all of its tries together. */
export type UpdateOptions = WriteOptions & {
  /** Writes this part of the object and nothing else of it. @default the object without its status */
  readonly subresource?: 'status' | undefined;
};

/** Options of `apply`. */
export type ApplyOptions = CallOptions & {
  readonly fieldManager: string;
  /** Takes fields over from other managers instead of failing with a conflict. @default false */
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly subresource?: 'status' | undefined;
};

/** Options of `delete`. */
export type DeleteOptions = CallOptions & {
  /** Deletes only the object with this uid, and not one of the same name made since. */
  readonly uid?: string | undefined;
  /** Deletes only this version. */
  readonly resourceVersion?: string | undefined;
  /** Seconds between TERM and KILL. @default what the object says, 30 for a pod */
  readonly gracePeriodSeconds?: number | undefined;
  /** What becomes of the objects it owns. @default the kind's own */
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly dryRun?: boolean | undefined;
};

/** Options of `deleteCollection`. */
export type DeleteCollectionOptions = Omit<DeleteOptions, 'uid' | 'resourceVersion'> & {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
};

/** A list, or one page of it. */
export type List<T> = {
  readonly items: T[];
  /** Version of the whole list: watch from here to miss nothing. */
  readonly resourceVersion: string;
  /** Set when there is another page: hand it to the next `list`. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
};

/** A list as it is sent. */
export type ListBody<T> = {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items?: T[] | null;
};

/** The body of a delete. */
export const deleteBody = (options: DeleteOptions): Record<string, unknown> => {
  const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, dryRun } = options;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
};
