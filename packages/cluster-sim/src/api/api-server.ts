import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { applyHttpFault } from '../faults/http-faults.ts';
import type { UserInfo } from '../tokens.ts';
import { failures } from './api-status.ts';
import { accessOf } from './authorizer.ts';
import { isAnonymous } from './authenticator.ts';
import { aggregated, coreVersions, findGroup, groupList, groupNames, resourceList } from './discovery.ts';
import { sendFailure, sendJson, sendText } from './http-io.ts';
import type { ResourceKind } from './kinds.ts';
import { openApiDocument, openApiIndex, openApiV2 } from './openapi.ts';
import { parseResourcePath } from './request-info.ts';
import { handleResource, type ResourceEnvironment } from './resource-handler.ts';
import { renderingOf } from './table.ts';

/** Version that the server says it is. */
export const KUBERNETES_VERSION = 'v1.34.4';

const version = {
  major: '1',
  minor: '34',
  gitVersion: `${KUBERNETES_VERSION}+cluster-sim`,
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `${process.platform}/${process.arch}`,
};

const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const wantsAggregated = (accept: string | undefined): boolean =>
  accept?.includes('g=apidiscovery.k8s.io;v=v2;') ?? false;

/** The documents of discovery, by path. Undefined for any other path. */
const discoveryDocument = (kinds: readonly ResourceKind[], path: string, address: string): unknown => {
  const [root = '', group, groupVersion, ...surplus] = path.split('/').filter((part) => part !== '');
  if (root === 'api') {
    if (group === undefined) return coreVersions(address);
    return groupVersion === undefined ? resourceList(kinds, group) : undefined;
  }
  if (root === 'version' && group === undefined) return version;
  if (root !== 'apis' || surplus.length > 0) return undefined;
  if (group === undefined) return groupList(kinds);
  return groupVersion === undefined ? findGroup(kinds, group) : resourceList(kinds, `${group}/${groupVersion}`);
};

const serveDocument = (
  { request, response, path }: { request: IncomingMessage; response: ServerResponse; path: string },
  kinds: readonly ResourceKind[],
): boolean => {
  if (request.method !== 'GET') return false;
  const trimmed = path.replace(/\/+$/, '');
  if ((trimmed === '/api' || trimmed === '/apis') && wantsAggregated(request.headers.accept)) {
    const groups = trimmed === '/api' ? [''] : groupNames(kinds);
    sendText(response, JSON.stringify(aggregated(kinds, groups)), { contentType: AGGREGATED_TYPE });
    return true;
  }
  if (trimmed === '/openapi/v3') {
    sendJson(response, openApiIndex(kinds));
    return true;
  }
  if (trimmed === '/openapi/v2') {
    response.writeHead(200, { 'Content-Type': OPENAPI_V2_TYPE, 'Content-Length': openApiV2.length }).end(openApiV2);
    return true;
  }
  if (trimmed.startsWith('/openapi/v3/')) {
    const document = openApiDocument(kinds, trimmed.slice('/openapi/v3/'.length));
    if (document === undefined) throw failures.noSuchPath();
    sendJson(response, document);
    return true;
  }
  const document = discoveryDocument(kinds, trimmed, request.headers.host ?? '');
  if (document === undefined) return false;
  sendJson(response, document);
  return true;
};

/** 403 for the anonymous user, who may only read what is public. */
export const checkMayAct = (user: UserInfo, request: IncomingMessage, url: URL): void => {
  if (!isAnonymous(user)) return;
  const why = `User "${user.username}" cannot ${(request.method ?? 'GET').toLowerCase()} path "${url.pathname}"`;
  throw failures.forbidden({ group: '', plural: 'requests', kind: '', name: '' }, why);
};

/** Serves one HTTP request to its end. Never rejects. */
export const serveRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  environment: ResourceEnvironment,
): Promise<void> => {
  response.setHeader('Audit-Id', randomUUID());
  try {
    const url = new URL(request.url ?? '/', 'https://cluster-sim');
    if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) {
      sendText(response, 'ok', { contentType: 'text/plain; charset=utf-8' });
      return;
    }
    const user = environment.authenticator.userOf(request);
    if (url.pathname !== '/version') checkMayAct(user, request, url);
    if (serveDocument({ request, response, path: url.pathname }, environment.catalog.all())) return;
    const rendering = renderingOf(request.headers.accept, environment.now());
    const target = parseResourcePath(url, environment.catalog);
    environment.authorizer.check(user, accessOf(request.method ?? 'GET', target));
    const action = environment.faults.take(request.method ?? 'GET', target);
    if (action !== undefined && (await applyHttpFault(action, { request, response }, environment.connections))) return;
    await handleResource({ request, response, target, user, rendering }, environment);
  } catch (error) {
    sendFailure(response, error);
  } finally {
    if (!request.complete) request.resume(); // a body that nobody read would block the connection
  }
};
