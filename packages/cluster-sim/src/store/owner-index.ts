import type { ResourceKind } from '../api/kinds.ts';
import type { KubeObject } from '../objects.ts';
import { keyOf, type Store } from './store.ts';

/** An object that belongs to another. */
export interface Dependent {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string;
}

const idOf = (kind: ResourceKind, { metadata }: KubeObject): string =>
  `${kind.group}/${kind.plural}/${keyOf(metadata.namespace, metadata.name)}`;

/** Knows which objects name which owner, so that a delete need not look at every object there is. */
export class OwnerIndex {
  readonly #dependents = new Map<string, Map<string, Dependent>>();

  constructor(store: Store) {
    store.subscribe(({ type, kind, object, previous }) => {
      if (previous !== undefined) this.#forget(kind, previous);
      if (type !== 'DELETED') this.#note(kind, object);
    });
  }

  /** The objects that name this uid as their owner. */
  of(uid: string): readonly Dependent[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #note(kind: ResourceKind, object: KubeObject): void {
    const { namespace, name, ownerReferences = [] } = object.metadata;
    for (const { uid } of ownerReferences) {
      const dependents = this.#dependents.get(uid) ?? new Map<string, Dependent>();
      this.#dependents.set(uid, dependents.set(idOf(kind, object), { kind, namespace, name }));
    }
  }

  #forget(kind: ResourceKind, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(idOf(kind, object));
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
  }
}
