import { kinds, type ResourceKind } from '../api/kinds.ts';
import { asArray, asObject, asString, at, type KubeObject } from '../objects.ts';
import type { Store } from './store.ts';

const definitions = 'customresourcedefinitions';

/** The kinds that a CustomResourceDefinition defines: one for each version that is served. */
export const definedBy = ({ spec }: KubeObject): ResourceKind[] => {
  const group = asString(at(spec, 'group'));
  const names = asObject(at(spec, 'names'));
  return asArray(at(spec, 'versions'))
    .map(asObject)
    .filter(({ served }) => served === true)
    .map((version) => ({
      group,
      version: asString(version['name']),
      kind: asString(names['kind']),
      plural: asString(names['plural']),
      namespaced: at(spec, 'scope') === 'Namespaced',
      shortNames: asArray(names['shortNames']).map(asString),
      subresources: Object.keys(asObject(version['subresources'])),
      custom: true,
    }));
};

/** Every kind that is served: those of Kubernetes, and those that CustomResourceDefinitions add while they are there. */
export class KindCatalog {
  readonly #custom = new Map<string, readonly ResourceKind[]>();
  #all: readonly ResourceKind[] = kinds;
  #byPath = new Map(kinds.map((kind) => [pathOf(kind), kind]));

  constructor(store: Store) {
    store.subscribe(({ type, kind, object }) => {
      if (kind.plural !== definitions) return;
      const defined = type === 'DELETED' ? [] : definedBy(object);
      const before = this.#custom.get(object.metadata.name) ?? [];
      if (defined.length === 0) this.#custom.delete(object.metadata.name);
      else
        this.#custom.set(
          object.metadata.name,
          defined.map((next) => before.find((old) => isSame(old, next)) ?? next),
        );
      this.#all = [...kinds, ...[...this.#custom.values()].flat()];
      this.#byPath = new Map(this.#all.map((each) => [pathOf(each), each]));
    });
  }

  /** All of them. */
  all(): readonly ResourceKind[] {
    return this.#all;
  }

  /** The kind that is served there, or undefined. */
  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.#byPath.get(pathOf({ group, version, plural }));
  }
}

const pathOf = ({ group, version, plural }: Pick<ResourceKind, 'group' | 'version' | 'plural'>): string =>
  `${group}/${version}/${plural}`;

/** A kind keeps its identity as long as nothing about it changes. */
const isSame = (one: ResourceKind, other: ResourceKind): boolean => JSON.stringify(one) === JSON.stringify(other);
