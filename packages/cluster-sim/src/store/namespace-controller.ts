import { known, type ResourceKind } from '../api/kinds.ts';
import type { KubeObject } from '../objects.ts';
import type { KindCatalog } from './kind-catalog.ts';
import { terminatingConditions } from './namespace-conditions.ts';
import type { ObjectApi } from './object-api.ts';

/**
 * Gives a new namespace what every namespace has (the `default` service account, the CA), and ends a deleted one: all
 * that is in it is deleted, pods with their grace, and the namespace goes when it is empty.
 */
export class NamespaceController {
  readonly #objects: ObjectApi;
  readonly #catalog: KindCatalog;
  readonly #caPem: string;
  readonly #now: () => Date;
  readonly #unsubscribe: () => void;
  readonly #terminating = new Set<string>();

  constructor(
    objects: ObjectApi,
    catalog: KindCatalog,
    { caPem, now }: { readonly caPem: string; readonly now: () => Date },
  ) {
    this.#objects = objects;
    this.#catalog = catalog;
    this.#caPem = caPem;
    this.#now = now;
    this.#unsubscribe = objects.store.subscribe(({ type, kind, object }) => {
      if (kind === known.namespaces) {
        if (type === 'ADDED') this.#furnish(object.metadata.name);
        else if (type === 'DELETED') this.#terminating.delete(object.metadata.name);
        else if (object.metadata.deletionTimestamp !== undefined) this.#terminate(object);
      } else if (type !== 'ADDED' && this.#terminating.has(object.metadata.namespace ?? '')) {
        this.#finishWhenEmpty(object.metadata.namespace ?? '');
      }
    });
  }

  /** Stops. */
  close(): void {
    this.#unsubscribe();
  }

  #furnish(namespace: string): void {
    this.#objects.create({ kind: known.serviceAccounts, namespace }, { metadata: { name: 'default' } });
    this.#objects.create(
      { kind: known.configMaps, namespace },
      { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': this.#caPem } },
    );
  }

  #contents(namespace: string): { kind: ResourceKind; object: KubeObject }[] {
    return this.#catalog
      .all()
      .filter((kind) => kind.namespaced)
      .flatMap((kind) => this.#objects.store.list(kind, namespace).items.map((object) => ({ kind, object })));
  }

  #terminate(namespace: KubeObject): void {
    const { name } = namespace.metadata;
    if (!this.#terminating.has(name)) {
      this.#terminating.add(name);
      for (const { kind, object } of this.#contents(name)) {
        if (this.#objects.store.get(kind, name, object.metadata.name) === undefined) continue; // went with its owner
        this.#objects.delete({ kind, namespace: name, name: object.metadata.name });
      }
    }
    this.#finishWhenEmpty(name);
  }

  #finishWhenEmpty(name: string): void {
    const namespace = this.#objects.store.get(known.namespaces, undefined, name);
    if (namespace === undefined) return;
    const contents = this.#contents(name);
    if (contents.length === 0) this.#objects.finishNamespace(namespace);
    else this.#objects.store.putChanged(known.namespaces, terminatingConditions(namespace, contents, this.#now()));
  }
}
