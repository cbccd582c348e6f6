import type { Attempt } from '../client-options.ts';

/** The path with placeholders for namespace and name, so that it has few values. What is no resource stays as it is. */
export const urlTemplate = ({ path, resource, namespace, name }: Attempt): string => {
  const root = /^\/(?:api|apis\/[^/]+)\/[^/]+(?=\/)/.exec(path)?.[0];
  if (root === undefined || resource === '') return path;
  const [plural = '', subresource] = resource.split('/');
  const place = namespace === undefined ? '' : '/namespaces/{namespace}';
  const object = name === undefined ? '' : '/{name}';
  return `${root}${place}/${plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
};
