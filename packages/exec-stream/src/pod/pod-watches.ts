import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecPodError } from '../errors.ts';
import type { ExecTarget } from '../types.ts';
import { baselineOf, type PodBaseline, podEnd, type PodLike } from './pod-end.ts';

/** What is needed to look after a pod. `client.pods(namespace)` of `@danube/k8s-client` is one. */
export interface PodReader {
  get(name: string, options: { readonly signal: AbortSignal }): Promise<PodLike>;
  watch(options: {
    readonly fieldSelector: string;
    readonly resourceVersion?: string;
    readonly signal: AbortSignal;
  }): AsyncIterable<{ readonly type: string; readonly object: PodLike }>;
}

/** When pods are looked at. */
export interface PodLookTimes {
  /** Commands that end sooner cost the API server no watch. */
  readonly firstLookAfterMs: number;
  /** The connection may know more: its own word is waited for this long. */
  readonly lastWordsMs: number;
  readonly againAfterMs: number;
}

const defaultTimes: PodLookTimes = { firstLookAfterMs: 1_000, lastWordsMs: 500, againAfterMs: 2_000 };

/** Looks after pods: one watch for each, however many commands run in it. One per `ExecStream`. */
export class PodWatches {
  readonly #watches = new Map<string, PodWatch>();
  readonly #times: PodLookTimes;

  constructor(times: PodLookTimes = defaultTimes) {
    this.#times = times;
  }

  /**
   * Resolves when the container that runs a command has ended, with the error that says how; undefined at the signal. A pod that cannot be
   * looked at (no permission, API server away) is no evidence: it is looked at again. Never rejects.
   */
  async ended(reader: PodReader, target: ExecTarget, signal: AbortSignal): Promise<ExecPodError | undefined> {
    await pause(this.#times.firstLookAfterMs, signal);
    if (signal.aborted) return undefined;
    const end = await this.#watch(reader, target).end(target.container, signal);
    if (end) await pause(this.#times.lastWordsMs, signal);
    return end;
  }

  #watch(reader: PodReader, { namespace, pod }: ExecTarget): PodWatch {
    const key = `${namespace}/${pod}`;
    const known = this.#watches.get(key);
    if (known) return known;
    const watch = new PodWatch({
      reader,
      pod,
      againAfterMs: this.#times.againAfterMs,
      onIdle: () => this.#watches.delete(key),
    });
    this.#watches.set(key, watch);
    return watch;
  }
}

interface Watched {
  readonly reader: PodReader;
  readonly pod: string;
  readonly againAfterMs: number;
  /** Called when nobody looks any more. */
  readonly onIdle: () => void;
}

/** One pod, watched as long as somebody wants to know of its end. */
class PodWatch {
  readonly #watched: Watched;
  readonly #stop = new AbortController();
  readonly #viewers = new Set<(pod: PodLike | undefined) => void>();
  #seen: PodLike | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Resolves with how this container ended; undefined at the signal. */
  end(container: string, signal: AbortSignal): Promise<ExecPodError | undefined> {
    return new Promise((resolve) => {
      let baseline: PodBaseline | undefined;
      const view = (pod: PodLike | undefined): void => {
        if (pod) baseline ??= baselineOf(pod, container);
        const end = baseline && podEnd(pod, container, baseline);
        if (end) leave(end);
      };
      const leave = (end: ExecPodError | undefined): void => {
        signal.removeEventListener('abort', onAbort);
        this.#viewers.delete(view);
        if (this.#viewers.size === 0) this.#end();
        resolve(end);
      };
      const onAbort = (): void => leave(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#viewers.add(view);
      if (this.#viewers.size === 1) void this.#look();
      else if (this.#seen) view(this.#seen);
    });
  }

  #end(): void {
    this.#stop.abort();
    this.#watched.onIdle();
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const pod = await this.#get();
        this.#tell(pod);
        if (pod) await this.#follow(pod);
      } catch {
        // No evidence.
      }
      await pause(this.#watched.againAfterMs, signal);
    }
  }

  async #get(): Promise<PodLike | undefined> {
    try {
      return await this.#watched.reader.get(this.#watched.pod, { signal: this.#stop.signal });
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'status' in error && error.status === 404) return undefined;
      throw error;
    }
  }

  async #follow(pod: PodLike): Promise<void> {
    const { signal } = this.#stop;
    const { resourceVersion } = pod.metadata ?? {};
    const events = this.#watched.reader.watch({
      fieldSelector: `metadata.name=${this.#watched.pod}`,
      signal,
      ...(resourceVersion !== undefined && { resourceVersion }),
    });
    for await (const { type, object } of events) {
      if (type !== 'BOOKMARK') this.#tell(type === 'DELETED' ? undefined : object);
      if (signal.aborted) return;
    }
  }

  #tell(pod: PodLike | undefined): void {
    this.#seen = pod;
    for (const view of this.#viewers) view(pod);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
