import { isDeepStrictEqual } from 'node:util';
import { failures } from '../api/api-status.ts';
import { known, type ResourceKind } from '../api/kinds.ts';
import { apiTime, asObject, omit, type JsonObject, type KubeObject } from '../objects.ts';
import { asPod } from '../pods/pod-types.ts';
import { metadataCauses, newObject, refOf, updatedObject } from './metadata.ts';
import { trackUpdate, type FieldManager } from '../patch/managed-fields.ts';
import { FOREGROUND } from './garbage-collector.ts';
import type { KindCatalog } from './kind-catalog.ts';
import { unknownFields, withoutUnknownFields } from './known-fields.ts';
import { OwnerIndex } from './owner-index.ts';
import { checkQuotas } from './quota.ts';
import type { Store } from './store.ts';
import { hasStatusSubresource, strategyOf } from './strategies.ts';

/** One object by where it is served. */
export interface ObjectAddress {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Options of a write. */
export interface WriteOptions {
  /** Do everything but store. */
  readonly dryRun?: boolean;
  /** Which part the write may change. Default: all but the status. */
  readonly subresource?: string;
  /** Who writes; without it `managedFields` stay as they are. */
  readonly manager?: FieldManager;
  /** Refuses fields that the kind does not have, instead of leaving them out. */
  readonly strict?: boolean;
  /** Keeps the `managedFields` of the body: an apply has worked them out already. */
  readonly ownedFields?: boolean;
}

/** Options of a delete, as `DeleteOptions` on the wire. */
export interface DeleteOptions {
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: string;
}

/**
 * The write side of the API: what create, update and delete mean for stored objects, whatever way they came. Every
 * method is synchronous, so each is atomic.
 */
export class ObjectApi {
  readonly store: Store;
  /** Which objects belong to which. */
  readonly owners: OwnerIndex;
  readonly #catalog: KindCatalog;
  readonly #now: () => Date;

  constructor(store: Store, catalog: KindCatalog, now: () => Date) {
    this.store = store;
    this.#catalog = catalog;
    this.owners = new OwnerIndex(store);
    this.#now = now;
  }

  /** The object, or a 404. */
  get({ kind, namespace, name }: ObjectAddress): KubeObject {
    const found = this.store.get(kind, namespace, name);
    if (found === undefined) throw failures.notFound(refOf(kind, name));
    return found;
  }

  /** Creates an object. 404 without its namespace, 403 while that is going away, 409 when the name is taken, 422 when it is not valid. */
  create({ kind, namespace }: Omit<ObjectAddress, 'name'>, body: JsonObject, options: WriteOptions = {}): KubeObject {
    if (options.strict === true) checkFields(kind, body);
    const draft = newObject(withoutStatus(kind, withoutUnknownFields(kind, body)), {
      kind,
      namespace,
      now: this.#now(),
    });
    const ref = refOf(kind, draft.metadata.name);
    if (namespace !== undefined) this.#checkNamespace(namespace, kind, draft.metadata.name);
    const strategy = strategyOf(kind);
    const causes = metadataCauses(kind, draft.metadata);
    if (causes.length > 0) throw failures.invalid(ref, causes);
    const sent = options.manager === undefined ? draft : trackUpdate(draft, undefined, options.manager);
    const object = strategy.prepareCreate?.(sent, this.store, this.#now()) ?? sent;
    if (this.store.get(kind, namespace, draft.metadata.name) !== undefined) throw failures.alreadyExists(ref);
    checkQuotas(this.store, this.#catalog.all(), { kind, object });
    return options.dryRun === true ? object : this.store.put(kind, object);
  }

  /** Replaces an object, or only its status. A body that changes nothing writes nothing, as on the real server. */
  replace(address: ObjectAddress, body: JsonObject, options: WriteOptions = {}): KubeObject {
    const { kind } = address;
    const current = this.get(address);
    if (options.strict === true) checkFields(kind, body);
    const sent = updatedObject(withoutUnknownFields(kind, body), current, kind);
    const merged = this.#merged(kind, sent, { current, subresource: options.subresource });
    const next = options.ownedFields === true ? merged : withFieldsOf(merged, current);
    const strategy = strategyOf(kind);
    const ref = refOf(kind, current.metadata.name);
    const causes = [
      ...metadataCauses(kind, next.metadata),
      ...(strategy.validate?.(next) ?? []),
      ...(options.subresource === undefined ? (strategy.validateUpdate?.(next, current) ?? []) : []),
    ];
    if (causes.length > 0) throw failures.invalid(ref, causes);
    if (options.dryRun === true || isDeepStrictEqual(next, current)) return next;
    const owned = options.manager === undefined ? next : trackUpdate(next, current, options.manager);
    const bumped = isDeepStrictEqual(next['spec'], current['spec']) ? owned : withNextGeneration(owned);
    if (bumped.metadata.deletionTimestamp !== undefined && this.#isReleased(bumped)) {
      return this.#remove(address.kind, bumped);
    }
    return this.store.put(kind, bumped);
  }

  /** Deletes an object, at once or gracefully. Returns it, and whether it is gone. */
  delete(address: ObjectAddress, options: DeleteOptions = {}): { object: KubeObject; gone: boolean } {
    const { kind } = address;
    const current = this.get(address);
    const ref = refOf(kind, current.metadata.name);
    const { uid, resourceVersion } = current.metadata;
    if (options.uid !== undefined && options.uid !== uid) {
      throw failures.conflict(
        ref,
        `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid}`,
      );
    }
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
      throw failures.conflict(
        ref,
        `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
      );
    }
    if (kind === known.namespaces && ['default', 'kube-system', 'kube-public'].includes(address.name)) {
      throw failures.forbidden(ref, 'this namespace may not be deleted');
    }
    if (options.dryRun === true) return { object: current, gone: true };
    const marked = this.#marked(current, kind, options);
    if (this.#isReleased(marked)) {
      if (options.propagationPolicy === 'Orphan') this.#orphanDependents(uid);
      return { object: this.#remove(kind, marked), gone: true };
    }
    if (isDeepStrictEqual(marked, current)) return { object: current, gone: false };
    const object = this.store.put(kind, marked);
    return { object, gone: false };
  }

  /** Deletes these objects, but for those that went with their owners meanwhile. */
  deleteAll(kind: ResourceKind, objects: readonly KubeObject[], options: DeleteOptions = {}): void {
    for (const { metadata } of objects) {
      const { namespace, name } = metadata;
      if (this.store.get(kind, namespace, name) !== undefined) this.delete({ kind, namespace, name }, options);
    }
  }

  /** Removes a namespace that is empty: the end of its deletion. */
  finishNamespace(namespace: KubeObject): void {
    const current = this.store.get(known.namespaces, undefined, namespace.metadata.name);
    if (current === undefined) return;
    const released = { ...current, spec: { ...asObject(current['spec']), finalizers: [] } };
    if ((current.metadata.finalizers ?? []).length === 0) this.#remove(known.namespaces, released);
    else this.store.put(known.namespaces, released);
  }

  #checkNamespace(namespace: string, kind: ResourceKind, name: string): void {
    const found = this.store.get(known.namespaces, undefined, namespace);
    if (found === undefined) throw failures.notFound(refOf(known.namespaces, namespace));
    if (found.metadata.deletionTimestamp !== undefined)
      throw failures.namespaceTerminating(refOf(kind, name), namespace);
  }

  #merged(
    kind: ResourceKind,
    sent: KubeObject,
    { current, subresource }: { current: KubeObject; subresource: string | undefined },
  ): KubeObject {
    if (subresource === 'status') {
      const { labels, annotations, finalizers, managedFields } = sent.metadata;
      const own = Object.fromEntries(
        Object.entries({ labels, annotations, finalizers, managedFields }).filter(([, value]) => value !== undefined),
      );
      return { ...current, metadata: { ...current.metadata, ...own }, status: sent['status'] };
    }
    if (!hasStatusSubresource(kind, current)) return sent;
    const rest = { ...omit(sent, 'status'), metadata: sent.metadata, kind: sent.kind, apiVersion: sent.apiVersion };
    return current['status'] === undefined ? rest : { ...rest, status: current['status'] };
  }

  #marked(current: KubeObject, kind: ResourceKind, options: DeleteOptions): KubeObject {
    const grace = kind === known.pods ? podGrace(current, options.gracePeriodSeconds) : 0;
    const before = current.metadata.deletionGracePeriodSeconds;
    if (current.metadata.deletionTimestamp !== undefined && (before ?? 0) <= grace) return current;
    const finalizers = [...(current.metadata.finalizers ?? [])];
    if (options.propagationPolicy === 'Foreground' && this.owners.of(current.metadata.uid).length > 0) {
      finalizers.push(FOREGROUND);
    }
    const marked: KubeObject = {
      ...current,
      metadata: {
        ...current.metadata,
        ...(finalizers.length === 0 ? {} : { finalizers }),
        deletionTimestamp: apiTime(new Date(this.#now().getTime() + grace * 1000)),
        deletionGracePeriodSeconds: grace,
      },
    };
    if (kind !== known.namespaces) return marked;
    const metadata = omit(marked.metadata, 'deletionGracePeriodSeconds');
    return { ...marked, metadata, status: { ...asObject(current['status']), phase: 'Terminating' } };
  }

  #isReleased(object: KubeObject): boolean {
    const own = object.kind === 'Namespace' ? asObject(object['spec'])['finalizers'] : [];
    const held = (object.metadata.finalizers ?? []).length > 0 || (Array.isArray(own) && own.length > 0);
    return !held && (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
  }

  #orphanDependents(owner: string): void {
    for (const { kind, namespace, name } of this.owners.of(owner)) {
      const object = this.store.get(kind, namespace, name);
      if (object === undefined) continue;
      const left = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner) ?? [];
      const metadata = omit(object.metadata, 'ownerReferences');
      this.store.put(kind, {
        ...object,
        metadata: left.length === 0 ? metadata : { ...metadata, ownerReferences: left },
      });
    }
  }

  #remove(kind: ResourceKind, object: KubeObject): KubeObject {
    return this.store.remove(kind, object) ?? object;
  }
}

/** The body of a create without the status, which only the kind's controller writes. A node comes with its own. */
const withoutStatus = (kind: ResourceKind, body: JsonObject): JsonObject =>
  kind !== known.nodes && kind.subresources.includes('status') ? omit(body, 'status') : body;

/** Throws the 400 of `fieldValidation=Strict`. */
const checkFields = (kind: ResourceKind, body: JsonObject): void => {
  const texts = unknownFields(kind, body).map((field) => `unknown field "${field}"`);
  if (texts.length > 0) throw failures.badRequest(`strict decoding error: ${texts.join(', ')}`);
};

/** The object with the `managedFields` of another: what clients send there is not believed. */
const withFieldsOf = (object: KubeObject, { metadata: { managedFields } }: KubeObject): KubeObject => {
  const metadata = omit(object.metadata, 'managedFields');
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
};

const withNextGeneration = (object: KubeObject): KubeObject =>
  object.metadata.generation === undefined
    ? object
    : { ...object, metadata: { ...object.metadata, generation: object.metadata.generation + 1 } };

/** Grace of a pod's deletion: none when no kubelet has it or when it has ended (pkg/registry/core/pod/strategy.go, CheckGracefulDelete). */
const podGrace = (object: KubeObject, asked: number | undefined): number => {
  const { spec, status } = asPod(object);
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (spec.nodeName === undefined || ended) return 0;
  return asked ?? spec.terminationGracePeriodSeconds ?? 30;
};

/** Reads `DeleteOptions` from a body. */
export const readDeleteOptions = (body: unknown, query: URLSearchParams): DeleteOptions => {
  const options = asObject(body);
  const preconditions = asObject(options['preconditions']);
  const queryGrace = query.get('gracePeriodSeconds');
  const grace = options['gracePeriodSeconds'] ?? (queryGrace === null ? undefined : Number(queryGrace));
  const policy = options['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  return {
    dryRun: query.has('dryRun') || (Array.isArray(options['dryRun']) && options['dryRun'].length > 0),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof policy === 'string' ? { propagationPolicy: policy } : {}),
    ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
    ...(typeof preconditions['resourceVersion'] === 'string'
      ? { resourceVersion: preconditions['resourceVersion'] }
      : {}),
  };
};
