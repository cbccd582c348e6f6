import { isGone, retryAfterMs } from '../errors/predicates.ts';
import type { KubeObject } from '../resources/models.ts';
import type { ResourceClient, ResourceContext } from '../resources/resource-client.ts';
import { backoffMs } from '../time/backoff.ts';
import { watchOnce } from '../watch/watch-once.ts';
import { watchRequest } from '../watch/watch-request.ts';
import type { WatchEvent } from '../watch/watch-event.ts';
import type { NormalizedInformerOptions } from './informer-options.ts';
import { type Change, type Entry, keyOf, type ReadonlyStore, Store } from './store.ts';

/**
 * What an informer is doing:
 * - `Empty`: not started; the store is empty
 * - `InitialList`: the first list is being read; the store is still empty
 * - `Watching`: the store follows the server
 * - `Resuming`: the connection was lost; the store is as it was then, and goes on from there
 * - `Relisting`: the server forgot our version; the store is as it was until the new list is whole, then changes at once
 * - `Stopped`: the end; the store stays as it is
 */
export type InformerState = 'Empty' | 'InitialList' | 'Watching' | 'Resuming' | 'Relisting' | 'Stopped';

/** Hears of every change of the store, in order. What it throws goes to `onError`. */
export type ChangeHandler<P> = (change: Change<P>) => unknown;

const UNHEALTHY_AFTER_MS = 180_000;

/**
 * Keeps a store equal to the server's list: lists, watches, resumes, and lists again when the server forgot the history.
 * No failure ends it; only `stop` does.
 */
export class Informer<T extends KubeObject, P = T> implements AsyncDisposable {
  readonly #client: ResourceClient<T>;
  readonly #context: ResourceContext;
  readonly #options: NormalizedInformerOptions<T, P>;
  readonly #store: Store<P>;
  readonly #handlers = new Set<ChangeHandler<P>>();
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  #state: InformerState = 'Empty';
  #loop: Promise<void> | undefined;
  #contactAtMs: number;
  #eventAtMs: number | undefined;
  #failures = 0;
  /** Where to go on; undefined: list first. */
  #version: string | undefined;

  constructor(client: ResourceClient<T>, context: ResourceContext, options: NormalizedInformerOptions<T, P>) {
    this.#client = client;
    this.#context = context;
    this.#options = options;
    this.#store = new Store(options.indexes);
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
    for (const [key, object] of this.#store.entries()) this.#tell(handler, { type: 'added', key, object });
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
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
        await (this.#version === undefined ? this.#list() : this.#watch(this.#version));
      } catch (error) {
        if (this.#stopped()) return;
        // In any of its three forms: only a new list helps.
        if (isGone(error)) this.#version = undefined;
        await this.#recover(error);
      }
    }
  }

  async #list(): Promise<void> {
    this.#become(this.#store.size === 0 ? 'InitialList' : 'Relisting');
    const { signal } = this.#stop;
    const { selectors, pageSize: limit } = this.#options;
    const entries = new Map<string, Entry<P>>();
    let next: string | undefined;
    let version = '';
    do {
      const page = await this.#client.list({ ...selectors, limit, continue: next, signal });
      for (const item of page.items) entries.set(...this.#entry(item));
      next = page.continue;
      version = page.resourceVersion;
      this.#contactAtMs = this.#context.clock.now();
    } while (next !== undefined);
    if (this.#stopped()) return;
    this.#version = version;
    this.#become('Watching');
    this.#publish(this.#store.replace(entries));
    this.#synced.resolve(undefined);
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { clock, requester } = this.#context;
    const startedMs = clock.now();
    const options = { ...this.#options.selectors, resourceVersion, signal: this.#stop.signal };
    let quiet = true;
    for await (const event of watchOnce<T>(requester, watchRequest(this.#client.path, options, clock.random))) {
      if (this.#stopped()) return;
      this.#become('Watching');
      this.#failures = 0;
      quiet = false;
      this.#contactAtMs = this.#eventAtMs = clock.now();
      // Before the handlers: what was seen is not asked for again, whatever they do.
      this.#version = event.object.metadata?.resourceVersion ?? this.#version;
      this.#apply(event);
    }
    // A server that ends every watch at once, without an event, would be asked without a pause.
    if (quiet && clock.now() - startedMs < 1000) await this.#recover(undefined);
    else this.#failures = 0;
  }

  #apply({ type, object }: WatchEvent<T>): void {
    if (type === 'BOOKMARK') return;
    const [key, entry] = this.#entry(object);
    this.#publish(type === 'DELETED' ? this.#store.remove(key) : this.#store.put(key, entry));
  }

  #entry(object: T): [string, Entry<P>] {
    const { name = '', namespace, uid = '', resourceVersion: version = '' } = object.metadata ?? {};
    return [keyOf(name, namespace), { uid, version, value: this.#options.project(object) }];
  }

  #publish(changes: readonly Change<P>[]): void {
    for (const change of changes) {
      for (const handler of this.#handlers) {
        if (this.#stopped()) return;
        this.#tell(handler, change);
      }
    }
  }

  #tell(handler: ChangeHandler<P>, change: Change<P>): void {
    try {
      const result = handler(change);
      if (result instanceof Promise) result.catch(this.#options.onError);
    } catch (error) {
      this.#options.onError(error);
    }
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
