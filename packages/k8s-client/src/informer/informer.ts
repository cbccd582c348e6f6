import { ApiError } from '../errors/api-error.ts';
import { isGone, isTooManyRequests, isUnauthorized, retryAfterMs } from '../errors/predicates.ts';
import type { KubeObject } from '../resources/models.ts';
import type { ResourceClient, ResourceContext } from '../resources/resource-client.ts';
import { apiVersionOf } from '../resources/resource-definition.ts';
import { backoffMs } from '../time/backoff.ts';
import { Slice } from '../time/slice.ts';
import { watchBatches } from '../watch/watch-once.ts';
import { watchRequest } from '../watch/watch-request.ts';
import type { WatchEvent } from '../watch/watch-event.ts';
import type { NormalizedInformerOptions } from './informer-options.ts';
import { isInitialEnd, pagedList, streamedList } from './initial-state.ts';
import { type Change, keyOf, type ReadonlyStore, Store } from './store.ts';
import { type ChangeHandler, Subscribers } from './subscribers.ts';

/**
 * What an informer is doing:
 * - `Empty`: not started; the store is empty
 * - `InitialList`: what there is is being read for the first time; the store is still empty
 * - `Watching`: the store follows the server
 * - `Resuming`: the connection was lost; the store is as it was then, and goes on from there
 * - `Relisting`: the server forgot our version; what there is is being read anew, or waits until another informer of the
 *   client has done that. The store is as it was until the new list is whole, then changes at once
 * - `Stopped`: the end; the store stays as it is
 */
export type InformerState = 'Empty' | 'InitialList' | 'Watching' | 'Resuming' | 'Relisting' | 'Stopped';

const UNHEALTHY_AFTER_MS = 180_000;
/** A server that has the streamed list says where it ends; one that only ignores the question falls silent. */
const SILENCE_MS = 10_000;

/**
 * Keeps a store equal to the server's list: lists, watches, resumes, and lists again when the server forgot the history.
 * No failure ends it; only `stop` does.
 */
export class Informer<T extends KubeObject, P = T> implements AsyncDisposable {
  readonly #client: ResourceClient<T>;
  readonly #context: ResourceContext;
  readonly #options: NormalizedInformerOptions<T, P>;
  readonly #store: Store<P>;
  readonly #subscribers: Subscribers<P>;
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  #state: InformerState = 'Empty';
  #loop: Promise<void> | undefined;
  #contactAtMs: number;
  #eventAtMs: number | undefined;
  #failures = 0;
  /** Where to go on; undefined: list first. */
  #version: string | undefined;
  /** How the next list is asked for. */
  #listAs: 'stream' | 'pages';

  constructor(client: ResourceClient<T>, context: ResourceContext, options: NormalizedInformerOptions<T, P>) {
    this.#client = client;
    this.#context = context;
    this.#options = options;
    this.#store = new Store(options.indexes);
    this.#subscribers = new Subscribers(this.#stop.signal, options.onError);
    this.#listAs = options.watchList ? 'stream' : 'pages';
    this.#contactAtMs = context.clock.now();
    // Whoever does not wait for it must not be hurt by a stop before it.
    this.#synced.promise.catch(() => undefined);
  }

  get state(): InformerState {
    return this.#state;
  }

  get store(): ReadonlyStore<P> {
    return this.#store;
  }

  /** Resolves when the first list is in the store and its handlers were called; rejects when stopped before. */
  get synced(): Promise<undefined> {
    return this.#synced.promise;
  }

  /** Milliseconds since the last change came; undefined before the first. Bookmarks count: they come every minute. */
  get lastEventAgeMs(): number | undefined {
    return this.#eventAtMs === undefined ? undefined : this.#context.clock.now() - this.#eventAtMs;
  }

  /** Whether the store can be believed: in sync, and in touch with the server within the last three minutes. */
  healthy(): boolean {
    const silentMs = this.#context.clock.now() - this.#contactAtMs;
    return (this.#state === 'Watching' || this.#state === 'Resuming') && silentMs < UNHEALTHY_AFTER_MS;
  }

  /** Calls the handler for every later change; before that, with `added` for all that is there. Returns how to end it. */
  subscribe(handler: ChangeHandler<P>): () => void {
    return this.#subscribers.add(handler, this.#store.entries());
  }

  /** Begins. A second call does nothing. */
  start(): this {
    this.#loop ??= this.#run();
    return this;
  }

  /** Ends it. No handler is called after this returns its promise; that resolves when the connection is closed. */
  async stop(): Promise<void> {
    this.#state = 'Stopped';
    this.#stop.abort();
    this.#synced.reject(new TypeError('the informer was stopped before it was in sync'));
    await this.#loop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopped()) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#stopped()) return;
        await this.#mend(error);
      }
    }
  }

  async #follow(): Promise<void> {
    const { requester } = this.#context;
    if (this.#version !== undefined) {
      await this.#read(watchBatches<T>(requester, this.#request(this.#version), this.#options.reader));
      return;
    }
    const first = this.#state === 'Empty' || this.#state === 'InitialList';
    this.#become(first ? 'InitialList' : 'Relisting');
    const leave = first ? () => undefined : await this.#context.relists.enter(this.#stop.signal);
    try {
      await this.#read(this.#list(), { store: new Store(this.#options.indexes), leave });
    } finally {
      leave();
    }
  }

  #list(): AsyncIterable<readonly WatchEvent<T>[]> {
    const { selectors, pageSize: limit, reader } = this.#options;
    const { requester } = this.#context;
    if (this.#listAs === 'stream') {
      return streamedList<T>(requester, { ...this.#request(undefined), silenceMs: SILENCE_MS }, reader);
    }
    const { path } = this.#client;
    return pagedList<T>(requester, { path, query: { ...selectors, limit }, signal: this.#stop.signal }, reader);
  }

  #request(resourceVersion: string | undefined) {
    const { signal } = this.#stop;
    const options = { ...this.#options.selectors, resourceVersion, sendInitialEvents: resourceVersion === undefined };
    return { ...watchRequest(this.#client.path, options, this.#context.clock.random), signal };
  }

  /** Reads to the end of a stream: into the list until that is whole, and from then on into the store. */
  async #read(batches: AsyncIterable<readonly WatchEvent<T>[]>, list?: PendingList<P>): Promise<void> {
    const { clock } = this.#context;
    const startedMs = clock.now();
    const slice = new Slice();
    let pending = list;
    let quiet = true;
    for await (const events of batches) {
      this.#contactAtMs = clock.now();
      for (const event of events) {
        if (this.#stopped()) return;
        if (pending === undefined) {
          this.#apply(event);
        } else if (isInitialEnd(event)) {
          await this.#adopt(pending.store, event.object.metadata?.resourceVersion ?? '');
          pending.leave();
          pending = undefined;
        } else {
          this.#write(pending.store, event);
        }
      }
      quiet = false;
      if (slice.isOver) await slice.next();
    }
    // Whoever waits for their turn to list need not wait for a pause of ours, too.
    pending?.leave();
    // A server that ends every watch at once, without an event, would be asked without a pause; and so would one that
    // ends every list before it is whole.
    if (pending !== undefined || (quiet && clock.now() - startedMs < 1000)) await this.#recover(undefined);
    else this.#failures = 0;
  }

  /** The list is whole: the store becomes it. */
  async #adopt(store: Store<P>, version: string): Promise<void> {
    this.#version = version;
    this.#failures = 0;
    this.#listAs = this.#options.watchList ? 'stream' : 'pages';
    this.#become('Watching');
    await this.#subscribers.tellMany(this.#store.become(store));
    this.#synced.resolve(undefined);
  }

  #apply(event: WatchEvent<T>): void {
    this.#become('Watching');
    this.#failures = 0;
    this.#eventAtMs = this.#contactAtMs;
    // Before the handlers: what was seen is not asked for again, whatever they do.
    this.#version = event.object.metadata?.resourceVersion ?? this.#version;
    this.#subscribers.tell(this.#write(this.#store, event));
  }

  #write(store: Store<P>, { type, object }: WatchEvent<T>): Change<P>[] {
    if (type === 'BOOKMARK') return [];
    const { name = '', namespace, uid = '', resourceVersion: version = '' } = object.metadata ?? {};
    const key = keyOf(name, namespace);
    if (type === 'DELETED') return store.remove(key);
    try {
      return store.put(key, { uid, version, value: this.#options.project(this.#named(object)) });
    } catch (error) {
      // What cannot be projected cannot be kept; the others can.
      this.#options.onError(error);
      return store.remove(key);
    }
  }

  /** Objects in a list come without kind and apiVersion (Go drops them); they are given back what they are. */
  #named(object: T): T {
    if (!this.#options.whole) return object;
    object.apiVersion ??= apiVersionOf(this.#client.definition);
    object.kind ??= this.#client.definition.kind;
    return object;
  }

  async #mend(error: unknown): Promise<void> {
    const listed = this.#version === undefined ? this.#listAs : undefined;
    // In any of its three forms: only a new list helps.
    if (isGone(error)) this.#version = undefined;
    // Whatever is the matter with a streamed list, pages are what every server has; but they cost it more, and are
    // nothing to fall back on when it says that it has too much to do.
    const pagesHelp = listed === 'stream' && !isUnauthorized(error) && !isTooManyRequests(error);
    if (pagesHelp) this.#listAs = 'pages';
    if (!pagesHelp || !isRefusal(error)) await this.#recover(error);
  }

  /** Waits before the next try: up to 30 s, growing, and as long as the server asks. */
  async #recover(error: unknown): Promise<void> {
    if (error !== undefined && !isGone(error)) this.#options.onError(error);
    if (this.#version !== undefined) this.#become('Resuming');
    const { clock } = this.#context;
    const growingMs = backoffMs(this.#failures, { baseMs: 800, maxMs: 30_000, random: clock.random });
    this.#failures += 1;
    const waitMs = Math.max(growingMs, Math.min(retryAfterMs(error) ?? 0, 30_000));
    await clock.sleep(waitMs, this.#stop.signal).catch(() => undefined);
  }

  #become(state: InformerState): void {
    if (!this.#stopped()) this.#state = state;
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }
}

/** A list that is being read, and what to do when it is whole. */
type PendingList<P> = { readonly store: Store<P>; readonly leave: () => void };

/** Whether the server does not do it in this form. What it says of the caller or of the moment says nothing about that. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.status >= 400 &&
  error.status < 500 &&
  !isUnauthorized(error) &&
  !isGone(error) &&
  !isTooManyRequests(error);
