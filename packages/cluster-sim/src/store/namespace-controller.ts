import { kinds, known } from '../api/kinds.ts';
import type { KubeObject } from '../objects.ts';
import type { ObjectApi } from './object-api.ts';

/**
 * Gives a new namespace what every namespace has (the `default` service account, the CA), and ends a deleted one: all
 * that is in it is deleted, pods with their grace, and the namespace goes when it is empty.
 */
export class NamespaceController {
  readonly #objects: ObjectApi;
  readonly #caPem: string;
  readonly #unsubscribe: () => void;
  readonly #terminating = new Set<string>();

  constructor(objects: ObjectApi, caPem: string) {
    this.#objects = objects;
    this.#caPem = caPem;
    this.#unsubscribe = objects.store.subscribe(({ type, kind, object }) => {
      if (kind === known.namespaces) {
        if (type === 'ADDED') this.#furnish(object.metadata.name);
        else if (type === 'DELETED') this.#terminating.delete(object.metadata.name);
        else if (object.metadata.deletionTimestamp !== undefined) this.#terminate(object);
      } else if (type === 'DELETED' && this.#terminating.has(object.metadata.namespace ?? '')) {
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

  #contents(namespace: string): { kind: (typeof kinds)[number]; object: KubeObject }[] {
    return kinds
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
    if (namespace !== undefined && this.#contents(name).length === 0) this.#objects.finishNamespace(namespace);
  }
}
