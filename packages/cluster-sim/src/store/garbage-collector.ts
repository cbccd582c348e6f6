import { apiVersionOf } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../objects.ts';
import type { KindCatalog } from './kind-catalog.ts';
import type { ObjectApi } from './object-api.ts';
import type { StoreEvent } from './store.ts';

/** Finalizer of an owner that waits for what it owns. */
export const FOREGROUND = 'foregroundDeletion';

/**
 * Deletes what belongs to an owner: after the owner is gone, or before it when the owner is deleted in the foreground, and
 * then lets the owner go.
 */
export class GarbageCollector {
  readonly #objects: ObjectApi;
  readonly #catalog: KindCatalog;
  readonly #unsubscribe: () => void;

  constructor(objects: ObjectApi, catalog: KindCatalog) {
    this.#objects = objects;
    this.#catalog = catalog;
    this.#unsubscribe = objects.store.subscribe((event) => this.#seen(event));
  }

  /** Stops. */
  close(): void {
    this.#unsubscribe();
  }

  #seen({ type, object }: StoreEvent): void {
    const { uid, namespace, deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
    const foreground = deletionTimestamp !== undefined && finalizers.includes(FOREGROUND);
    if (type === 'DELETED' || foreground) this.#deleteDependents(uid);
    if (type === 'DELETED') for (const owner of ownerReferences) this.#release(owner, namespace);
  }

  #deleteDependents(uid: string): void {
    for (const { kind, namespace, name } of this.#objects.owners.of(uid)) {
      const object = this.#objects.store.get(kind, namespace, name);
      if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
        this.#objects.delete({ kind, namespace, name });
      }
    }
  }

  /** Lets an owner go that waited for the last of what it owns. */
  #release({ uid, kind: ownerKind, apiVersion, name }: OwnerReference, namespace: string | undefined): void {
    const kind = this.#catalog.all().find((each) => each.kind === ownerKind && apiVersionOf(each) === apiVersion);
    if (kind === undefined || this.#objects.owners.of(uid).length > 0) return;
    const owner = this.#objects.store.get(kind, kind.namespaced ? namespace : undefined, name);
    const finalizers = owner?.metadata.finalizers ?? [];
    if (owner?.metadata.uid !== uid || !finalizers.includes(FOREGROUND)) return;
    const left = finalizers.filter((finalizer) => finalizer !== FOREGROUND);
    const next: KubeObject = { ...owner, metadata: { ...owner.metadata, finalizers: left } };
    this.#objects.replace({ kind, namespace: owner.metadata.namespace, name }, next);
  }
}
