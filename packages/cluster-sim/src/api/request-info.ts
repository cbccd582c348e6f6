import { failures } from './api-status.ts';
import type { KindCatalog } from '../store/kind-catalog.ts';
import type { ResourceKind } from './kinds.ts';

/** A request for stored objects, read from its URL. */
export interface ResourceRequest {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
}

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw failures.badRequest(`invalid URL escape in "${segment}"`);
  }
};

/**
 * Reads a path under `/api/v1` or `/apis/GROUP/VERSION`.
 * @throws ApiStatus 404 for paths that are not of the API.
 */
export const parseResourcePath = (url: URL, catalog: KindCatalog): ResourceRequest => {
  const segments = url.pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  const [root, ...afterRoot] = segments;
  const [group, version = '', ...rest] = root === 'api' ? ['', ...afterRoot] : afterRoot;
  if ((root !== 'api' && root !== 'apis') || group === undefined) throw failures.noSuchPath();
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && !['status', 'finalize'].includes(rest[2] ?? '');
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural = '', name, subresource, ...surplus] = inNamespace ? rest.slice(2) : rest;
  const kind = catalog.find(group, version, plural);
  if (kind === undefined || surplus.length > 0) throw failures.noSuchPath();
  if (subresource !== undefined && !kind.subresources.includes(subresource)) throw failures.noSuchPath();
  if (kind.namespaced ? namespace === undefined && name !== undefined : namespace !== undefined)
    throw failures.noSuchPath();
  return { kind, namespace, name, subresource, query: url.searchParams };
};

/** A boolean query parameter as the API reads it: absent, `0` and `false` are false, anything else is true. */
export const queryFlag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
};

/** An integer query parameter, or undefined. 400 for anything else. */
export const queryInteger = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?[0-9]+$/.test(value)) {
    throw failures.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
};
