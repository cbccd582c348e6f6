import { known } from '../api/kinds.ts';
import { apiTime, asArray, asObject, asString, at, type KubeObject } from '../objects.ts';
import { definedBy } from './kind-catalog.ts';
import type { ObjectApi } from './object-api.ts';

/** The status of a CustomResourceDefinition that is taken at once: there is no other server that could object. */
export const establishedStatus = (definition: KubeObject, now: Date): KubeObject => {
  const names = asObject(at(definition, 'spec', 'names'));
  const kind = asString(names['kind']);
  const acceptedNames = {
    ...names,
    listKind: names['listKind'] ?? `${kind}List`,
    singular: names['singular'] ?? kind.toLowerCase(),
  };
  const stored = asArray(at(definition, 'spec', 'versions'))
    .map(asObject)
    .filter(({ storage }) => storage === true);
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: apiTime(now),
  });
  return {
    ...definition,
    status: {
      acceptedNames,
      storedVersions: stored.map(({ name }) => name),
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    },
  };
};

/** Deletes the objects of a kind of its own when its definition goes. Returns how to end that. */
export const cleanUpCustomResources = (objects: ObjectApi): (() => void) =>
  objects.store.subscribe(({ type, kind, object }) => {
    if (kind !== known.customResourceDefinitions || type !== 'DELETED') return;
    for (const defined of definedBy(object)) objects.deleteAll(defined, objects.store.list(defined).items);
  });
