import type { JsonObject } from '../objects.ts';
import { apiVersionOf, type ResourceKind } from './kinds.ts';

const MAIN_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const isReview = ({ plural }: ResourceKind): boolean => plural.endsWith('reviews') || plural === 'bindings';
const verbsOf = (kind: ResourceKind): string[] => (isReview(kind) ? ['create'] : MAIN_VERBS);

const subresourceKinds: Readonly<Record<string, string>> = {
  log: 'Pod',
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  binding: 'Binding',
  eviction: 'Eviction',
  scale: 'Scale',
  token: 'TokenRequest',
};
const subresourceVerbs: Readonly<Record<string, string[]>> = {
  log: ['get'],
  exec: ['create', 'get'],
  attach: ['create', 'get'],
  binding: ['create'],
  eviction: ['create'],
  token: ['create'],
};
const defaultSubresourceVerbs = ['get', 'patch', 'update'];

type Kinds = readonly ResourceKind[];

/** `/api/v1` or `/apis/GROUP/VERSION`: what is served there. Undefined when nothing is. */
export const resourceList = (kinds: Kinds, groupVersion: string): JsonObject | undefined => {
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (served.length === 0) return undefined;
  const resources = served.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.kind.toLowerCase(),
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.plural === 'pods' ? { categories: ['all'] } : {}),
    },
    ...kind.subresources.map((subresource) => ({
      name: `${kind.plural}/${subresource}`,
      singularName: '',
      namespaced: kind.namespaced,
      kind: subresourceKinds[subresource] ?? kind.kind,
      verbs: subresourceVerbs[subresource] ?? defaultSubresourceVerbs,
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
};

/** Names of all groups but the core one. */
export const groupNames = (kinds: Kinds): string[] =>
  [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '');

const versionsOf = (kinds: Kinds, group: string): string[] => [
  ...new Set(kinds.filter((kind) => kind.group === group).map(({ version }) => version)),
];

/** `/apis`: the groups. */
export const groupList = (kinds: Kinds): JsonObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupNames(kinds).map((group) => apiGroup(kinds, group)),
});

/** `/apis/GROUP`. Undefined when there is no such group. */
export const findGroup = (kinds: Kinds, group: string): JsonObject | undefined =>
  groupNames(kinds).includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(kinds, group) } : undefined;

const apiGroup = (kinds: Kinds, group: string): JsonObject => {
  const versions = versionsOf(kinds, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
};

/** `/api`: the versions of the core group. */
export const coreVersions = (address: string): JsonObject => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

/** All groups with all their resources in one answer (aggregated discovery), for `/api` or `/apis`. */
export const aggregated = (kinds: Kinds, groups: readonly string[]): JsonObject => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: groups.map((group) => ({
    metadata: { name: group === '' ? undefined : group, creationTimestamp: null },
    versions: versionsOf(kinds, group).map((version) => ({
      version,
      freshness: 'Current',
      resources: kinds
        .filter((kind) => kind.group === group && kind.version === version)
        .map((kind) => ({
          resource: kind.plural,
          responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
          scope: kind.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: kind.kind.toLowerCase(),
          verbs: verbsOf(kind),
          ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
          ...(kind.plural === 'pods' ? { categories: ['all'] } : {}),
          ...(kind.subresources.length === 0
            ? {}
            : {
                subresources: kind.subresources.map((subresource) => ({
                  subresource,
                  responseKind: { group: '', version: '', kind: subresourceKinds[subresource] ?? kind.kind },
                  verbs: subresourceVerbs[subresource] ?? defaultSubresourceVerbs,
                })),
              }),
        })),
    })),
  })),
});
