import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConfigMap } from '../../src/resources/models.ts';
import { failWith, json, startServer, type Seen, type TestServer } from './test-server.ts';

type Event = { readonly version: number; readonly type: string; readonly object: ConfigMap };
type Watcher = { readonly response: ServerResponse; readonly socket: Socket };

/**
 * Config maps with a history: lists in pages and, when it has `watchList`, as a stream; watches from any version that is
 * not compacted.
 */
export class ListWatchServer implements AsyncDisposable {
  watchList = false;
  readonly objects = new Map<string, ConfigMap>();
  readonly log: string[] = [];
  /** Answers the next requests instead of the server, as long as it returns true. */
  intercept: (request: Seen, response: ServerResponse, socket: Socket) => boolean = () => false;
  readonly #events: Event[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #snapshots = new Map<number, ConfigMap[]>();
  #version = 1;
  #compacted = 0;
  #server: TestServer | undefined;

  static async start(): Promise<ListWatchServer> {
    const own = new ListWatchServer();
    own.#server = await startServer((request, response, socket) => own.#handle(request, response, socket));
    return own;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  get requests(): string[] {
    return (this.#server?.seen ?? []).map(({ url }) => url);
  }

  /** Requests that began a list which this server has, in pages or as a stream. */
  get lists(): string[] {
    return this.requests.filter((url) =>
      this.watchList ? url.includes('sendInitialEvents') : !url.includes('watch=true') && !url.includes('continue='),
    );
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  put(name: string, data: Record<string, string> = {}): void {
    this.#version += 1;
    const before = this.objects.get(name);
    const metadata = {
      name,
      namespace: 'ci',
      uid: before?.metadata?.uid ?? `uid-${this.#version}`,
      resourceVersion: String(this.#version),
      managedFields: [{ manager: 'x' }],
    };
    const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    this.objects.set(name, object);
    this.#emit(before === undefined ? 'ADDED' : 'MODIFIED', object);
  }

  remove(name: string): void {
    const object = this.objects.get(name);
    if (object === undefined) return;
    this.#version += 1;
    this.objects.delete(name);
    this.#emit('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  /** Forgets the history: older watches get 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#events.length = 0;
  }

  /** Cuts every watch: with RST, with an orderly end, or after half an event. Returns how many there were. */
  drop(how: 'reset' | 'end' | 'half'): number {
    const { size } = this.#watchers;
    for (const { response, socket } of this.#watchers) {
      if (how === 'reset') socket.resetAndDestroy();
      else if (how === 'end') response.end();
      else {
        response.write('{"type":"MODIFIED","object":{"metadata":{"na');
        setTimeout(() => socket.destroy(), 1);
      }
    }
    this.#watchers.clear();
    return size;
  }

  /** Sends a raw line on every watch. */
  say(line: object): void {
    for (const { response } of this.#watchers) response.write(`${JSON.stringify(line)}\n`);
  }

  bookmark(): void {
    this.say({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
  }

  #emit(type: string, object: ConfigMap): void {
    this.#events.push({ version: this.#version, type, object });
    this.log.push(`${type} ${object.metadata?.name ?? ''} ${object.metadata?.resourceVersion ?? ''}`);
    this.say({ type, object });
  }

  #handle(request: Seen, response: ServerResponse, socket: Socket): void {
    if (this.intercept(request, response, socket)) return;
    const query = new URL(request.url, 'http://x').searchParams;
    if (query.get('watch') !== 'true') this.#list(query, response);
    else if (query.get('sendInitialEvents') !== 'true')
      this.#watch(Number(query.get('resourceVersion') ?? 0), { response, socket });
    else if (this.watchList) this.#stream({ response, socket });
    else failWith(response, { code: 422, reason: 'Invalid' });
  }

  /** All pages show what there was when the first was asked for, as those of the API server do. */
  #list(query: URLSearchParams, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? 0) || Infinity;
    const [from = 0, version = this.#version] = (query.get('continue') ?? '').split('.').filter(Boolean).map(Number);
    const all = this.#snapshots.get(version) ?? [...this.objects.values()];
    this.#snapshots.set(version, all);
    const next = from + limit < all.length ? { continue: `${from + limit}.${version}` } : {};
    json(response, {
      kind: 'ConfigMapList',
      metadata: { resourceVersion: String(version), ...next },
      items: all.slice(from, from + limit),
    });
  }

  #stream(watcher: Watcher): void {
    const { response } = watcher;
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const object of this.objects.values()) response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    const metadata = { resourceVersion: String(this.#version), annotations: { 'k8s.io/initial-events-end': 'true' } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
    this.#follow(watcher);
  }

  #watch(from: number, watcher: Watcher): void {
    const { response } = watcher;
    if (from < this.#compacted) {
      failWith(response, { code: 410, reason: 'Expired' });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const { type, object } of this.#events.filter(({ version }) => version > from)) {
      response.write(`${JSON.stringify({ type, object })}\n`);
    }
    this.#follow(watcher);
  }

  #follow(watcher: Watcher): void {
    this.#watchers.add(watcher);
    watcher.response.once('close', () => this.#watchers.delete(watcher));
  }
}
