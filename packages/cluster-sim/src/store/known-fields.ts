import type { ResourceKind } from '../api/kinds.ts';
import { omit, type JsonObject } from '../objects.ts';

const everywhere = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** What kinds of Kubernetes have at their top beside that, where it is known here. */
const beside: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['data', 'binaryData', 'immutable'],
  secrets: ['data', 'stringData', 'type', 'immutable'],
  serviceaccounts: ['secrets', 'imagePullSecrets', 'automountServiceAccountToken'],
  roles: ['rules'],
  clusterroles: ['rules', 'aggregationRule'],
  rolebindings: ['subjects', 'roleRef'],
  clusterrolebindings: ['subjects', 'roleRef'],
  endpointslices: ['addressType', 'endpoints', 'ports'],
};
const nothingBeside =
  'namespaces nodes persistentvolumeclaims persistentvolumes pods resourcequotas services deployments daemonsets statefulsets jobs leases networkpolicies';
const plain = new Set(nothingBeside.split(' '));

/** The fields at the top of an object that its kind does not have. None for a kind whose fields are not known here. */
export const unknownFields = (kind: ResourceKind, body: JsonObject): string[] => {
  if (kind.custom === true) return [];
  const own = beside[kind.plural] ?? (plain.has(kind.plural) ? [] : undefined);
  if (own === undefined) return [];
  return Object.keys(body).filter((field) => !everywhere.includes(field) && !own.includes(field));
};

/** The object without fields that its kind does not have: the real server does not store them either. */
export const withoutUnknownFields = (kind: ResourceKind, body: JsonObject): JsonObject =>
  omit(body, ...unknownFields(kind, body));
