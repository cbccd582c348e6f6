import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, isObject, type JsonObject, type KubeObject } from '../objects.ts';
import type { Connections } from '../faults/connections.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { FieldManager } from '../patch/managed-fields.ts';
import { APPLY, patchObject } from '../patch/patch-object.ts';
import { refOf } from '../store/metadata.ts';
import type { KindCatalog } from '../store/kind-catalog.ts';
import { readDeleteOptions, type ObjectApi } from '../store/object-api.ts';
import { strategyOf } from '../store/strategies.ts';
import type { TokenSigner, UserInfo } from '../tokens.ts';
import { failures } from './api-status.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authorizer } from './authorizer.ts';
import { evictPod } from './evict-pod.ts';
import { readObject, sendJson, sendText, successStatus } from './http-io.ts';
import { known } from './kinds.ts';
import { readPage, selectorOf } from './list.ts';
import { servePodLog } from './pod-log.ts';
import { queryFlag, type ResourceRequest } from './request-info.ts';
import { answerReview, requestToken } from './reviews.ts';
import { renderList, renderObject, type Rendering } from './table.ts';
import { serveWatch } from './watch.ts';

/** What requests for objects are served from. */
export interface ResourceEnvironment {
  readonly objects: ObjectApi;
  readonly kubelet: Kubelet;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly catalog: KindCatalog;
  readonly signer: TokenSigner;
  readonly bookmarkIntervalMs: number;
  readonly now: () => Date;
  /** Aborted when the watches of now must end. */
  readonly watchSignal: () => AbortSignal;
  readonly faults: FaultPlan;
  readonly connections: Connections;
}

/** One request with all that was found out about it. */
export interface ResourceCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: ResourceRequest;
  readonly user: UserInfo;
  readonly rendering: Rendering;
}

type Address = Parameters<ObjectApi['get']>[0];

const addressOf = ({ kind, namespace, name }: ResourceRequest): Address => {
  if (name === undefined) throw failures.methodNotAllowed();
  return { kind, namespace, name };
};

/** The manager of fields that a request names, or the program that its client says it is. An apply must name it. */
const managerOf = (
  { request, target }: ResourceCall,
  operation: FieldManager['operation'],
  now: Date,
): FieldManager => {
  const program = (request.headers['user-agent'] ?? '').split('/')[0] ?? '';
  const fallback = operation === 'Apply' ? '' : program || 'unknown';
  return { name: target.query.get('fieldManager') ?? fallback, operation, subresource: target.subresource, now };
};

const bodyOf = async ({ request }: ResourceCall): Promise<JsonObject> => {
  const body = await readObject(request);
  if (!isObject(body)) throw failures.badRequest("Object 'Kind' is missing in 'null'");
  return body;
};

const list = ({ response, target, rendering }: ResourceCall, { objects }: ResourceEnvironment): void => {
  const page = readPage(objects.store, target);
  const metadata = {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  sendText(response, renderList(target.kind, { items: page.items, metadata }, rendering));
};

const get = async (call: ResourceCall, environment: ResourceEnvironment): Promise<void> => {
  const { response, target, rendering } = call;
  const watch = queryFlag(target.query, 'watch');
  if (target.subresource === undefined && (watch || target.name === undefined)) {
    if (!watch) {
      list(call, environment);
      return;
    }
    serveWatch(response, target, {
      store: environment.objects.store,
      bookmarkIntervalMs: environment.bookmarkIntervalMs,
      render: (object) => renderObject(target.kind, object, rendering),
      signal: environment.watchSignal(),
    });
    return;
  }
  const object = environment.objects.get(addressOf(target));
  if (target.subresource === 'log') {
    await servePodLog(response, object, { kubelet: environment.kubelet, query: target.query, now: environment.now() });
  } else if (target.subresource === 'exec' || target.subresource === 'attach') {
    throw failures.badRequest('Upgrade request required');
  } else if (target.subresource === 'scale') sendJson(response, scaleOf(object));
  else sendJson(response, renderObject(target.kind, object, rendering));
};

const isStrict = (query: URLSearchParams): boolean => query.get('fieldValidation') === 'Strict';

const scaleOf = (object: KubeObject): JsonObject => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: asObject(object['spec'])['replicas'] ?? 1 },
    status: { replicas: asObject(object['status'])['replicas'] ?? 0 },
  };
};

const post = async (call: ResourceCall, environment: ResourceEnvironment): Promise<void> => {
  const { response, target, user, rendering } = call;
  const { kind, namespace, name, subresource, query } = target;
  const { objects, signer } = environment;
  if (subresource === 'token' && namespace !== undefined && name !== undefined) {
    sendJson(
      response,
      requestToken({ objects, signer, now: environment.now() }, { namespace, name }, await bodyOf(call)),
      201,
    );
    return;
  }
  if (subresource === 'eviction') {
    const options = readDeleteOptions(asObject((await bodyOf(call))['deleteOptions']), query);
    evictPod(objects, addressOf(target), { options, now: environment.now() });
    sendJson(response, successStatus({}), 201);
    return;
  }
  if (subresource !== undefined || name !== undefined) {
    throw subresource === 'exec' || subresource === 'attach'
      ? failures.badRequest('Upgrade request required')
      : failures.methodNotAllowed();
  }
  const body = await bodyOf(call);
  const review = answerReview(kind.plural, body, { ...environment, user });
  if (review !== undefined) {
    sendJson(response, review, 201);
    return;
  }
  if (kind.namespaced && namespace === undefined) throw failures.methodNotAllowed();
  const manager = managerOf(call, 'Update', environment.now());
  const created = objects.create({ kind, namespace }, body, {
    dryRun: query.has('dryRun'),
    strict: isStrict(query),
    manager,
  });
  sendJson(response, renderObject(kind, created, rendering), 201);
};

const put = async (call: ResourceCall, { objects, now }: ResourceEnvironment): Promise<void> => {
  const { response, target, rendering } = call;
  const body = await bodyOf(call);
  const options = {
    dryRun: target.query.has('dryRun'),
    strict: isStrict(target.query),
    manager: managerOf(call, 'Update', now()),
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
  };
  if (target.subresource === 'scale') {
    const current = objects.get(addressOf(target));
    const spec = { ...asObject(current['spec']), replicas: asObject(body['spec'])['replicas'] };
    sendJson(response, scaleOf(objects.replace(addressOf(target), { ...current, spec }, { dryRun: options.dryRun })));
    return;
  }
  const object = objects.replace(addressOf(target), body, options);
  sendJson(response, renderObject(target.kind, object, rendering));
};

const patch = async (call: ResourceCall, { objects, now }: ResourceEnvironment): Promise<void> => {
  const { request, response, target, rendering } = call;
  const body = await readObject(request);
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const { object, created } = patchObject(objects, addressOf(target), {
    contentType,
    body,
    dryRun: target.query.has('dryRun'),
    subresource: target.subresource,
    manager: managerOf(call, contentType === APPLY ? 'Apply' : 'Update', now()),
    force: queryFlag(target.query, 'force'),
  });
  if (target.subresource === 'scale') sendJson(response, scaleOf(object));
  else sendJson(response, renderObject(target.kind, object, rendering), created ? 201 : 200);
};

const remove = async (call: ResourceCall, { objects }: ResourceEnvironment): Promise<void> => {
  const { request, response, target, rendering } = call;
  const { kind, namespace, name, query } = target;
  const options = readDeleteOptions(await readObject(request), query);
  if (name === undefined) {
    if (kind === known.namespaces) throw failures.methodNotAllowed();
    const selects = selectorOf(target);
    const removed = objects.store.list(kind, namespace).items.filter(selects);
    objects.deleteAll(kind, removed, options);
    const metadata = { resourceVersion: String(objects.store.revision) };
    sendText(response, renderList(kind, { items: removed, metadata }, rendering));
    return;
  }
  const { object, gone } = objects.delete(addressOf(target), options);
  if (gone && strategyOf(kind).returnsDeleted !== true) {
    const ref = refOf(kind, name);
    const group = ref.group === '' ? {} : { group: ref.group };
    sendJson(response, successStatus({ name, ...group, kind: ref.plural, uid: object.metadata.uid }));
  } else sendJson(response, renderObject(kind, object, rendering));
};

const handlers: Readonly<Record<string, (call: ResourceCall, environment: ResourceEnvironment) => Promise<void>>> = {
  GET: get,
  POST: post,
  PUT: put,
  PATCH: patch,
  DELETE: remove,
};

/** Serves a request for objects. Throws an ApiStatus for what the client did wrong. */
export const handleResource = async (call: ResourceCall, environment: ResourceEnvironment): Promise<void> => {
  const handler = handlers[call.request.method ?? ''];
  if (handler === undefined) throw failures.methodNotAllowed();
  await handler(call, environment);
};
