import type { KubeRequest } from '../requester.ts';

/** Verbs as RBAC names them. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What a request does, in the words of RBAC. */
export type CallDescription = {
  readonly verb: Verb;
  /** Plural of the resource, with a subresource behind a slash: `pods`, `pods/log`. Empty for what is none: `/version`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** Subresources of a namespace; any other third segment is a resource inside of it. */
const ofNamespace: ReadonlySet<string | undefined> = new Set(['status', 'finalize']);

/** Verb, resource, namespace and name of a request, as RBAC would see it. */
export const describeCall = ({
  method,
  path,
  query,
}: Pick<KubeRequest, 'method' | 'path' | 'query'>): CallDescription => {
  const parts = path.split('/').filter((part) => part !== '');
  // api/v1/… or apis/<group>/<version>/…
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2 && !ofNamespace.has(rest[2]);
  const [resource = '', name, subresource] = namespaced ? rest.slice(2) : rest;
  return {
    verb: verbOf(method, { watch: query?.['watch'] === true, named: name !== undefined || resource === '' }),
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    ...(namespaced ? { namespace: decodeURIComponent(rest[1] ?? '') } : {}),
    ...(name === undefined ? {} : { name: decodeURIComponent(name) }),
  };
};

const verbOf = (method: string, { watch, named }: { readonly watch: boolean; readonly named: boolean }): Verb => {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return named ? 'delete' : 'deletecollection';
  if (watch) return 'watch';
  return named ? 'get' : 'list';
};
