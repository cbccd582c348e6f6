import type { ResourceDefinition } from './resource-definition.ts';

/** Values of a query string; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/**
 * Refuses what could step out of its place in a path. The rule is the API server's own for names in paths:
 * no `.`, `..`, `/` or `%` (apimachinery `IsValidPathSegmentName`).
 * @throws TypeError naming the field
 */
export const pathSegment = (value: string, field: string): string => {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${field}: expected a name, got nothing`);
  if (value === '.' || value === '..' || /[/%]/.test(value) || !value.isWellFormed()) {
    throw new TypeError(`${field}: expected a name without "/" and "%", got ${JSON.stringify(value)}`);
  }
  return encodeURIComponent(value);
};

/** Path of the collection of a kind: `/api/v1/namespaces/<ns>/pods`. Without a namespace: across all namespaces. */
export const collectionPath = (definition: ResourceDefinition, namespace?: string): string => {
  const { group, version, plural, namespaced } = definition;
  const root =
    group === ''
      ? `/api/${pathSegment(version, 'version')}`
      : `/apis/${pathSegment(group, 'group')}/${pathSegment(version, 'version')}`;
  if (!namespaced && namespace !== undefined) throw new TypeError(`namespace: ${definition.kind} has none`);
  const place = namespace === undefined ? '' : `/namespaces/${pathSegment(namespace, 'namespace')}`;
  return `${root}${place}/${pathSegment(plural, 'plural')}`;
};

/** What names one object, and optionally a subresource of it. */
export type ObjectAddress = {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
};

/** Path of one object. A namespaced kind needs a namespace here. */
export const objectPath = (definition: ResourceDefinition, address: ObjectAddress): string => {
  if (definition.namespaced && address.namespace === undefined) {
    throw new TypeError(`namespace: expected one to name a ${definition.kind}`);
  }
  const path = `${collectionPath(definition, address.namespace)}/${pathSegment(address.name, 'name')}`;
  return address.subresource === undefined ? path : `${path}/${pathSegment(address.subresource, 'subresource')}`;
};

/** `?a=1&b=2`, or nothing. */
export const queryText = (query: Query | undefined): string => {
  if (query === undefined) return '';
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) params.append(key, item);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
};
