import type { CallOptions, Requester } from '../requester.ts';
import type { Recovery } from '../retry/with-retries.ts';
import type { Clock } from '../time/clock.ts';
import type { Turnstile } from '../time/turnstile.ts';
import { waitFor, type WaitOptions } from '../wait/wait-for.ts';
import type { Condition } from '../wait/conditions.ts';
import { Informer } from '../informer/informer.ts';
import { type InformerOptions, normalizeInformerOptions } from '../informer/informer-options.ts';
import { watch, type WatchOptions } from '../watch/watch.ts';
import type { WatchEvent } from '../watch/watch-event.ts';
import type { KubeObject, Scale } from './models.ts';
import { apiVersionOf, type ResourceDefinition } from './resource-definition.ts';
import { collectionPath, objectPath, type Query } from './resource-path.ts';
import { checkSelectors } from './selectors.ts';
import {
  hasStatusOf,
  isMergedBy,
  isReplacedBy,
  settleCreate,
  settleDelete,
  settleUpdate,
  withCreateId,
  newCreateId,
} from './settle.ts';
import { type Mutation, updateObject } from './update-object.ts';
import {
  checkApply,
  checkCreate,
  checkDeleteCollectionOptions,
  checkDeleteOptions,
  checkGetOptions,
  checkInteger,
  checkListOptions,
  checkObject,
  checkPatch,
  checkUpdate,
  checkWatchOptions,
  checkWriteOptions,
} from './validate-options.ts';
import {
  type ApplyOptions,
  type CreateOptions,
  type DeleteCollectionOptions,
  deleteBody,
  type DeleteOptions,
  type GetOptions,
  type List,
  type ListBody,
  type ListOptions,
  type PatchOptions,
  type PatchType,
  type UpdateOptions,
  type WriteOptions,
} from './verb-options.ts';

/** What a resource client needs of its client. */
export type ResourceContext = {
  readonly requester: Requester;
  readonly clock: Clock;
  readonly fieldManager: string;
  /** Time of a call that is given none, in milliseconds. */
  readonly timeoutMs: number;
  /** Lets the informers of a client list again one after the other. */
  readonly relists: Turnstile;
};

/** Where a resource client works. */
export type ResourceScope<T extends KubeObject> = {
  readonly definition: ResourceDefinition<T>;
  readonly namespace?: string | undefined;
};

const patchTypes: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/**
 * The verbs of one kind in one namespace, or in all when it was made without. Objects are plain JSON: fields that the
 * models do not know survive reading and writing.
 */
export class ResourceClient<T extends KubeObject = KubeObject> {
  readonly definition: ResourceDefinition<T>;
  readonly namespace: string | undefined;
  protected readonly context: ResourceContext;

  constructor(context: ResourceContext, scope: ResourceScope<T>) {
    this.context = context;
    this.definition = scope.definition;
    this.namespace = scope.namespace;
    // Says now, and not at the first call, that a name cannot be one.
    collectionPath(scope.definition, scope.namespace);
  }

  /** Path of an object of this kind, or of a subresource of it. @throws TypeError for a name that cannot be one */
  pathOf(name: string, subresource?: string): string {
    return objectPath(this.definition, {
      namespace: this.namespace,
      name,
      ...(subresource === undefined ? {} : { subresource }),
    });
  }

  /** Reads one object. @throws NotFound */
  async get(name: string, options: GetOptions = {}): Promise<T> {
    checkGetOptions(options);
    return this.context.requester.request<T>({
      method: 'GET',
      path: this.pathOf(name),
      query: { resourceVersion: options.resourceVersion },
      ...call(options),
    });
  }

  /** Reads all objects, or one page when `limit` is set. */
  async list(options: ListOptions = {}): Promise<List<T>> {
    checkListOptions(options);
    const { signal, timeoutMs, ...query } = options;
    const body = await this.context.requester.request<ListBody<T>>({
      method: 'GET',
      path: this.#collection(),
      query,
      signal,
      timeoutMs,
    });
    const more = body.metadata?.continue;
    const remaining = body.metadata?.remainingItemCount;
    return {
      items: this.#named(body.items ?? []),
      resourceVersion: body.metadata?.resourceVersion ?? '',
      ...(more === undefined || more === '' ? {} : { continue: more }),
      ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
    };
  }

  /**
   * All objects one after the other, read in pages of `limit` (500), so that a large collection is never in memory as a
   * whole. All pages show the state at the first one.
   * @throws Gone when the reader takes so long (five minutes) that the server forgets that state
   */
  async *listAll(options: Omit<ListOptions, 'continue'> = {}): AsyncGenerator<T, void> {
    let next: string | undefined;
    do {
      const page = await this.list({ ...options, limit: options.limit ?? 500, continue: next });
      yield* page.items;
      next = page.continue;
    } while (next !== undefined);
  }

  /**
   * Creates an object. One with a name carries an annotation with a create id: a lost answer is settled by reading the
   * object, so that it is never created twice and never reported as somebody else's. One with only `generateName` is
   * sent again only when it certainly was not applied.
   * @throws AlreadyExists, NameConflict, Invalid
   */
  async create(object: T, options: CreateOptions = {}): Promise<T> {
    checkWriteOptions(options);
    checkObject(object, this);
    checkCreate(object, options);
    const name = object.metadata?.name;
    const createId = name === undefined || options.dryRun === true ? undefined : (options.createId ?? newCreateId());
    const request = {
      method: 'POST',
      path: this.#collection('create'),
      query: this.#writeQuery(options),
      body: this.#typed(createId === undefined ? object : withCreateId(object, createId)),
      ...call(options),
    } as const;
    if (name === undefined || createId === undefined) return this.context.requester.request<T>(request);
    return this.context.requester.request<T>(request, {
      safety: 'settle',
      settleConflict: options.createId !== undefined,
      settle: (error, timeoutMs) =>
        settleCreate(() => this.get(name, { signal: options.signal, timeoutMs }), createId, error),
    });
  }

  /** Replaces an object as a whole. With `metadata.resourceVersion`: only if it has not changed since. @throws Conflict */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace(object, options);
  }

  /**
   * Reads an object, lets `mutate` change it in place, and writes it on the version that was read. When it was changed
   * by somebody else meanwhile, all of that is done again on what it is now, five times at most, so `mutate` must do
   * nothing but change its argument. When it changes nothing, nothing is written.
   * @throws NotFound; Conflict when others were faster five times, or wrote after an answer was lost: then
   * `maybeApplied` is true, and only you know whether making the change again would make it twice
   * @example
   * await client.deployments('ci').update('web', (web) => {
   *   web.metadata = { ...web.metadata, labels: { ...web.metadata?.labels, tier: 'front' } };
   * });
   */
  async update(name: string, mutate: Mutation<T>, options: UpdateOptions = {}): Promise<T> {
    checkUpdate(mutate, options);
    const { signal, timeoutMs = this.context.timeoutMs, subresource, ...write } = options;
    const calls = {
      read: (call: CallOptions) => this.get(name, call),
      write: (object: T, call: CallOptions) => this.#replace(object, { ...write, ...call }, subresource),
    };
    return updateObject(calls, mutate, { clock: this.context.clock, timeoutMs, signal });
  }

  /** Changes parts of an object. */
  async patch(name: string, patch: object, options: PatchOptions = {}): Promise<T> {
    checkWriteOptions(options);
    checkPatch(name, patch, options);
    const type = options.type ?? 'merge';
    return this.context.requester.request<T>(
      {
        method: 'PATCH',
        path: this.pathOf(name, options.subresource),
        query: this.#writeQuery(options),
        body: patch,
        headers: { 'content-type': patchTypes[type] },
        ...call(options),
      },
      // The operations of a JSON patch need not mean the same when they are done twice.
      type === 'json'
        ? { safety: 'once' }
        : this.#updateRecovery(name, patch, { ...options, isApplied: (found) => isMergedBy(found, patch) }),
    );
  }

  /** Server-side apply: makes the object's given fields so, and owns them. @throws Conflict naming the other managers */
  async apply(object: T, options: ApplyOptions): Promise<T> {
    checkWriteOptions(options);
    checkObject(object, this);
    checkApply(object, options);
    return this.context.requester.request<T>(
      {
        method: 'PATCH',
        path: this.pathOf(nameOf(object), options.subresource),
        query: { fieldManager: options.fieldManager, force: options.force, ...dryRun(options) },
        body: this.#typed(object),
        headers: { 'content-type': 'application/apply-patch+yaml' },
        ...call(options),
      },
      { safety: 'idempotent' },
    );
  }

  /** Asks for deletion. Resolves when it is accepted: an object with a grace period or finalizers is still there then. */
  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    checkDeleteOptions(options);
    const { uid, signal } = options;
    const request = { method: 'DELETE', path: this.pathOf(name), body: deleteBody(options), ...call(options) } as const;
    if (uid === undefined) {
      await this.context.requester.request(request);
      return;
    }
    await this.context.requester.request<unknown>(request, {
      safety: 'delete',
      settle: (error, timeoutMs) => settleDelete(() => this.get(name, { signal, timeoutMs }), uid, error),
    });
  }

  /** Asks for the deletion of all objects that are selected; without a selector, of all in the namespace. */
  async deleteCollection(options: DeleteCollectionOptions = {}): Promise<void> {
    checkDeleteCollectionOptions(options);
    const { labelSelector, fieldSelector } = options;
    await this.context.requester.request({
      method: 'DELETE',
      path: this.#collection('deleteCollection'),
      query: { labelSelector, fieldSelector },
      body: deleteBody(options),
      ...call(options),
    });
  }

  /** Replaces the status of an object and nothing else of it. @throws Conflict */
  async replaceStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace(object, options, 'status');
  }

  /** How many there are and should be, of a kind that scales. */
  async getScale(name: string, options: CallOptions = {}): Promise<Scale> {
    return this.context.requester.request({ method: 'GET', path: this.pathOf(name, 'scale'), ...call(options) });
  }

  /** Sets how many there should be. */
  async setScale(name: string, replicas: number, options: CallOptions = {}): Promise<Scale> {
    checkInteger(replicas, 'replicas', 0);
    return this.context.requester.request(
      {
        method: 'PATCH',
        path: this.pathOf(name, 'scale'),
        query: { fieldManager: this.context.fieldManager },
        body: { spec: { replicas } },
        headers: { 'content-type': patchTypes.merge },
        ...call(options),
      },
      { safety: 'idempotent' },
    );
  }

  /** Changes as they happen, resumed by itself after a lost connection. @throws WatchExpired when the history is gone */
  watch(options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    checkWatchOptions(options);
    const { requester, clock } = this.context;
    return watch<T>({ requester, clock, path: this.#collection() }, options);
  }

  /** A store that follows these objects; see {@link Informer}. It begins with `start()`. */
  informer<P = T>(options: InformerOptions<T, P> = {}): Informer<T, P> {
    checkSelectors(options);
    return new Informer(this, this.context, normalizeInformerOptions(options));
  }

  /** Path of the collection. */
  get path(): string {
    return this.#collection();
  }

  /**
   * Waits until the condition holds, on one watch. Resolves with the object, or undefined if it holds without one.
   * @throws Timeout saying how the object looked last
   */
  async waitFor(name: string, condition: Condition<T>, options: WaitOptions): Promise<T | undefined> {
    return waitFor(this, { name, condition }, options);
  }

  async #replace(object: T, options: WriteOptions, subresource?: 'status'): Promise<T> {
    checkWriteOptions(options);
    checkObject(object, this);
    const name = nameOf(object);
    const sent = this.#typed(object);
    const isApplied = (found: T): boolean =>
      subresource === 'status' ? hasStatusOf(found, sent) : isReplacedBy(found, sent);
    return this.context.requester.request<T>(
      {
        method: 'PUT',
        path: this.pathOf(name, subresource),
        query: this.#writeQuery(options),
        body: sent,
        ...call(options),
      },
      this.#updateRecovery(name, object, { ...options, isApplied }),
    );
  }

  #collection(verb?: 'create' | 'deleteCollection'): string {
    if (verb !== undefined && this.definition.namespaced && this.namespace === undefined) {
      throw new TypeError(`namespace: expected one to ${verb} a ${this.definition.kind}`);
    }
    return collectionPath(this.definition, this.namespace);
  }

  /** Items of a list come without kind and apiVersion (Go drops them); they are given back what they are, in place. */
  #named(items: T[]): T[] {
    const apiVersion = apiVersionOf(this.definition);
    for (const item of items) {
      item.apiVersion ??= apiVersion;
      item.kind ??= this.definition.kind;
    }
    return items;
  }

  #typed(object: T): T {
    const { kind } = this.definition;
    return object.kind === undefined ? { apiVersion: apiVersionOf(this.definition), kind, ...object } : object;
  }

  /** With a resource version a lost answer can be settled by reading; without, the same write again gives the same state. */
  #updateRecovery(
    name: string,
    sent: KubeObject,
    { signal, isApplied }: CallOptions & { readonly isApplied: (found: T) => boolean },
  ): Recovery<T> {
    const resourceVersion = sent.metadata?.resourceVersion;
    if (resourceVersion === undefined) return { safety: 'idempotent' };
    return {
      safety: 'settle',
      settle: (error, timeoutMs) =>
        settleUpdate(() => this.get(name, { signal, timeoutMs }), { resourceVersion, isApplied }, error),
    };
  }

  #writeQuery(options: WriteOptions): Query {
    const { fieldManager = this.context.fieldManager, fieldValidation } = options;
    return { fieldManager, fieldValidation, ...dryRun(options) };
  }
}

const call = ({ signal, timeoutMs }: CallOptions): CallOptions => ({ signal, timeoutMs });

const dryRun = (options: { readonly dryRun?: boolean | undefined }): Query =>
  options.dryRun === true ? { dryRun: 'All' } : {};

const nameOf = (object: KubeObject): string => {
  const name = object.metadata?.name;
  if (name === undefined) throw new TypeError('metadata.name: expected a name');
  return name;
};
