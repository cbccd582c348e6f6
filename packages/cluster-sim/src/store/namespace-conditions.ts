import type { ResourceKind } from '../api/kinds.ts';
import { apiTime, asArray, asObject, type JsonObject, type KubeObject } from '../objects.ts';

interface Content {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

const countsOf = (names: readonly string[]): [string, number][] =>
  [...Map.groupBy(names, (name) => name)].map(([name, all]): [string, number] => [name, all.length]).sort();

/** A namespace with the conditions that say what its deletion waits for (kubernetes pkg/controller/namespace/deletion). */
export const terminatingConditions = (namespace: KubeObject, contents: readonly Content[], now: Date): KubeObject => {
  const status = asObject(namespace['status']);
  const before = asArray(status['conditions']).map(asObject);
  const left = countsOf(contents.map(({ kind }) => `${kind.plural}.${kind.group}`));
  const held = countsOf(contents.flatMap(({ object }) => object.metadata.finalizers ?? []));
  const list = (counts: readonly [string, number][], word: string): string =>
    counts.map(([name, count]) => `${name} ${word} ${count} resource instances`).join(', ');

  const condition = (type: string, isTrue: boolean, [reason, message]: readonly [string, string]): JsonObject => {
    const value = isTrue ? 'True' : 'False';
    const same = before.find((old) => old['type'] === type && old['status'] === value);
    return { type, status: value, lastTransitionTime: same?.['lastTransitionTime'] ?? apiTime(now), reason, message };
  };
  const conditions = [
    condition('NamespaceDeletionDiscoveryFailure', false, [
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ]),
    condition('NamespaceDeletionGroupVersionParsingFailure', false, [
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    condition('NamespaceDeletionContentFailure', false, [
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ]),
    left.length > 0
      ? condition('NamespaceContentRemaining', true, [
          'SomeResourcesRemain',
          `Some resources are remaining: ${list(left, 'has')}`,
        ])
      : condition('NamespaceContentRemaining', false, ['ContentRemoved', 'All content successfully removed']),
    held.length > 0
      ? condition('NamespaceFinalizersRemaining', true, [
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${list(held, 'in')}`,
        ])
      : condition('NamespaceFinalizersRemaining', false, [
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ]),
  ];
  return { ...namespace, status: { ...status, conditions } };
};
