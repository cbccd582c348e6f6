/** A JSON object of unknown shape. */
export type JsonObject = Record<string, unknown>;

/** Reference from an object to the object it belongs to. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The metadata that the server reads or writes. Other fields are kept as they came. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** Which manager owns which fields, in the wire's own form. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: JsonObject;
  subresource?: string;
}

/** Any stored object. Stored objects are shared and must never be changed in place: clone first. */
export interface KubeObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** True for a plain JSON object (not null, not an array). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value when it is a plain object, else an empty one. */
export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
/** The value when it is an array, else an empty one. */
export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** The value when it is a string, else an empty one. */
export const asString = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Reads a value by its path, e.g. `at(pod, 'spec', 'nodeName')`. Missing parts give undefined. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value);

/** A copy without some of its fields. */
export const omit = <T extends object, K extends string>(object: T, ...keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !(keys as readonly string[]).includes(key))) as Omit<
    T,
    K
  >;

/** A time as the API writes it: RFC 3339 in whole seconds. */
export const apiTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
