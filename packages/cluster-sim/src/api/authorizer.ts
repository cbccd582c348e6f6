import { asArray, asObject, asString, at, type KubeObject } from '../objects.ts';
import type { Store } from '../store/store.ts';
import type { UserInfo } from '../tokens.ts';
import { failures } from './api-status.ts';
import { rbacKinds } from './kinds.ts';
import { queryFlag, type ResourceRequest } from './request-info.ts';

/** What somebody wants to do, as the authorizer of Kubernetes asks it. */
export interface AccessRequest {
  readonly verb: string;
  readonly group: string;
  /** Plural, with the subresource behind a slash. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const ADMINS = 'system:masters';
const questionsAboutOneself = ['selfsubjectreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'];
const writes: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

const verbOf = (method: string, { name, subresource, query }: ResourceRequest): string => {
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete';
  if (method !== 'GET') return writes[method] ?? method.toLowerCase();
  if (subresource === undefined && queryFlag(query, 'watch')) return 'watch';
  return name === undefined ? 'list' : 'get';
};

/** What a request wants to do. */
export const accessOf = (method: string, request: ResourceRequest): AccessRequest => {
  const { kind, namespace, name, subresource } = request;
  const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  return { verb: verbOf(method, request), group: kind.group, resource, namespace, name };
};

/**
 * Says who may do what. With `rbac` it reads the roles and bindings that are stored; without, every user who is known may
 * do everything, so that a test need not write roles.
 */
export class Authorizer {
  readonly #store: Store;
  readonly #rbac: boolean;

  constructor(store: Store, rbac: boolean) {
    this.#store = store;
    this.#rbac = rbac;
  }

  /** Throws the 403 of the real server when the user may not. */
  check(user: UserInfo, access: AccessRequest): void {
    if (this.allows(user, access)) return;
    const { verb, group, resource, namespace, name = '' } = access;
    const [plural = ''] = resource.split('/');
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    throw failures.forbidden(
      { group, plural, kind: '', name },
      `User "${user.username}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    );
  }

  /** Whether the user may. */
  allows(user: UserInfo, access: AccessRequest): boolean {
    if (!this.#rbac || user.groups.includes(ADMINS)) return true;
    if (access.verb === 'create' && questionsAboutOneself.includes(access.resource)) return true;
    return this.#rulesFor(user, access.namespace).some((rule) => covers(rule, access));
  }

  #rulesFor(user: UserInfo, namespace: string | undefined): unknown[] {
    const bindings = [
      ...this.#store.list(rbacKinds.clusterRoleBindings).items,
      ...(namespace === undefined ? [] : this.#store.list(rbacKinds.roleBindings, namespace).items),
    ];
    return bindings
      .filter((binding) => asArray(binding['subjects']).some((subject) => isSubject(asObject(subject), user, binding)))
      .flatMap((binding) => this.#rulesOf(binding));
  }

  #rulesOf(binding: KubeObject): readonly unknown[] {
    const name = asString(at(binding, 'roleRef', 'name'));
    const own = at(binding, 'roleRef', 'kind') === 'Role';
    const role = own
      ? this.#store.get(rbacKinds.roles, binding.metadata.namespace, name)
      : this.#store.get(rbacKinds.clusterRoles, undefined, name);
    return asArray(role?.['rules']);
  }
}

const isSubject = (subject: ReturnType<typeof asObject>, user: UserInfo, binding: KubeObject): boolean => {
  const name = asString(subject['name']);
  if (subject['kind'] === 'Group') return user.groups.includes(name);
  if (subject['kind'] === 'User') return user.username === name;
  const namespace = asString(subject['namespace']) || (binding.metadata.namespace ?? '');
  return user.username === `system:serviceaccount:${namespace}:${name}`;
};

const covers = (rule: unknown, { verb, group, resource, name }: AccessRequest): boolean => {
  const { verbs, apiGroups, resources, resourceNames } = asObject(rule);
  const has = (list: unknown, ...wanted: readonly string[]): boolean =>
    asArray(list).some((entry) => entry === '*' || wanted.includes(asString(entry)));
  const [, subresource] = resource.split('/');
  const names = asArray(resourceNames);
  return (
    has(verbs, verb) &&
    has(apiGroups, group) &&
    has(resources, resource, ...(subresource === undefined ? [] : [`*/${subresource}`])) &&
    (names.length === 0 || names.includes(name))
  );
};
