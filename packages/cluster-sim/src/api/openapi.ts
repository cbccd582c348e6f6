import type { JsonObject } from '../objects.ts';
import { apiVersionOf, type ResourceKind } from './kinds.ts';

const pathOf = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
const versionsOf = (kinds: readonly ResourceKind[]): string[] => [...new Set(kinds.map(apiVersionOf))];

/** `/openapi/v3`: where the document of each group and version is. */
export const openApiIndex = (kinds: readonly ResourceKind[]): JsonObject => ({
  paths: Object.fromEntries(
    versionsOf(kinds).map((groupVersion) => [
      pathOf(groupVersion),
      { serverRelativeURL: `/openapi/v3/${pathOf(groupVersion)}?hash=cluster-sim` },
    ]),
  ),
});

const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

/**
 * The document of one group and version. It holds just what kubectl looks for: which kinds take `fieldValidation` and
 * `dryRun`, so that it leaves validation to the server. Schemas are open objects.
 */
export const openApiDocument = (kinds: readonly ResourceKind[], path: string): JsonObject | undefined => {
  const groupVersion = versionsOf(kinds).find((entry) => pathOf(entry) === path);
  if (groupVersion === undefined) return undefined;
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  const gvk = ({ group, version, kind }: { group: string; version: string; kind: string }): JsonObject => ({
    group,
    version,
    kind,
  });
  return {
    openapi: '3.0.0',
    info: { title: 'cluster-sim', version: '1' },
    paths: Object.fromEntries(
      served.map((kind) => [
        `/${path}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}/{name}`,
        Object.fromEntries(
          ['patch', 'put'].map((method) => [
            method,
            {
              parameters,
              responses: { 200: { description: 'OK' } },
              'x-kubernetes-action': method,
              'x-kubernetes-group-version-kind': gvk(kind),
            },
          ]),
        ),
      ]),
    ),
    components: {
      schemas: Object.fromEntries(
        served.map((kind) => [
          `${kind.group === '' ? 'core' : kind.group}.${kind.version}.${kind.kind}`,
          {
            type: 'object',
            'x-kubernetes-group-version-kind': [gvk(kind)],
            'x-kubernetes-preserve-unknown-fields': true,
          },
        ]),
      ),
    },
  };
};

/**
 * `/openapi/v2` in protobuf (gnostic's `openapi.v2.Document`): only its version, so no kind is described. kubectl wants it
 * for a file with a `kind: List` and skips what is not described.
 */
export const openApiV2 = Buffer.from('\x0a\x032.0', 'latin1');
