import type { KubeObject, Pod } from '../resources/models.ts';

/** What to wait for: a question about an object as it is now; undefined means that there is none. */
export type Condition<T> = (object: T | undefined) => boolean;

/** All of them hold. */
export const and =
  <T>(...conditions: readonly Condition<T>[]): Condition<T> =>
  (object) =>
    conditions.every((condition) => condition(object));

/** At least one of them holds. */
export const or =
  <T>(...conditions: readonly Condition<T>[]): Condition<T> =>
  (object) =>
    conditions.some((condition) => condition(object));

/** It does not hold. */
export const not =
  <T>(condition: Condition<T>): Condition<T> =>
  (object) =>
    !condition(object);

/** The object is there, and is not being deleted. */
export const exists: Condition<KubeObject> = (object) =>
  object !== undefined && object.metadata?.deletionTimestamp === undefined;

/**
 * The object with this uid is gone. One of the same name that was created since counts as gone: the one that was
 * meant no longer exists. Without a uid: nothing of that name is there.
 */
export const isDeleted =
  (uid?: string): Condition<KubeObject> =>
  (object) =>
    object === undefined || (uid !== undefined && object.metadata?.uid !== uid);

/** A status condition of this type has this status (`True` unless told). */
export const hasCondition =
  (type: string, status: 'True' | 'False' | 'Unknown' = 'True'): Condition<KubeObject> =>
  (object) =>
    (object as { status?: { conditions?: { type: string; status: string }[] } } | undefined)?.status?.conditions?.some(
      (condition) => condition.type === type && condition.status === status,
    ) === true;

/** All containers of the pod are ready to serve. */
export const isPodReady: Condition<Pod> = hasCondition('Ready');

/** The pod is bound to a node and at least one container runs or ran. */
export const isPodRunning: Condition<Pod> = (pod) => pod?.status?.phase === 'Running';

/** Every container has ended and none will be started again, with success or not. */
export const isPodFinished: Condition<Pod> = (pod) =>
  pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed';

/** This container of the pod runs. */
export const isContainerRunning =
  (container: string): Condition<Pod> =>
  (pod) =>
    pod?.status?.containerStatuses?.some(({ name, state }) => name === container && state?.running !== undefined) ===
    true;
