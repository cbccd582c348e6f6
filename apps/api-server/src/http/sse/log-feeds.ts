import type { Response } from 'express';
import { type Logger, silentLogger } from '../../log/logger.ts';
import type { JobStore } from '../../store/job-store.ts';
import { Follower } from './follower.ts';
import { type RenderedPage, renderPage } from './render.ts';

/** Times of the log feeds, in milliseconds. */
export type FeedTimes = {
  /** New entries reach followers at most this often, so that many small entries cost one write. @default 50 */
  readonly batchMs: number;
  /** Silence that is broken with a comment, for proxies that end silent connections. @default 15000 */
  readonly heartbeatMs: number;
};

const defaultTimes: FeedTimes = { batchMs: 50, heartbeatMs: 15_000 };

/**
 * Sends logs to followers as server-sent events.
 *
 * A follower is a position in a stored log and nothing else, so it has no gap and no duplicate however it came there.
 * Entries that many followers wait for are read and rendered once. A follower that does not read holds no more than
 * one page; it goes on from the store when it reads again.
 */
export class LogFeeds {
  readonly #store: JobStore;
  readonly #times: FeedTimes;
  readonly #logger: Logger;
  readonly #feeds = new Map<string, Feed>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(store: JobStore, { logger = silentLogger, ...times }: Partial<FeedTimes> & { logger?: Logger } = {}) {
    this.#store = store;
    this.#logger = logger;
    this.#times = { ...defaultTimes, ...times };
    this.#heartbeat = setInterval(() => {
      for (const feed of this.#feeds.values()) feed.heartbeat();
    }, this.#times.heartbeatMs).unref();
  }

  /** How many connections follow a log. */
  get size(): number {
    return [...this.#feeds.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Sends what follows `position` to a response until the job's end, or until the client goes. */
  follow(jobId: string, position: number, response: Response): void {
    const feed = this.#feeds.get(jobId) ?? this.#open(jobId);
    feed.add(new Follower(response, position));
  }

  /** Ends all followers; their clients come back with `Last-Event-ID`. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const feed of [...this.#feeds.values()]) feed.close();
  }

  #open(jobId: string): Feed {
    const feed = new Feed({
      page: (position) => renderPage(this.#store.logAfter(jobId, position)),
      batchMs: this.#times.batchMs,
      onError: (error) => this.#logger.error('a log cannot be read', { jobId, error }),
      onEmpty: () => {
        stopListening();
        this.#feeds.delete(jobId);
      },
    });
    const stopListening = this.#store.changes.on(jobId, () => feed.changed());
    this.#feeds.set(jobId, feed);
    return feed;
  }
}

type FeedParts = {
  readonly page: (position: number) => RenderedPage;
  readonly batchMs: number;
  readonly onEmpty: () => void;
  readonly onError: (error: unknown) => void;
};

/** The followers of one job. */
class Feed {
  readonly #parts: FeedParts;
  readonly #followers = new Set<Follower>();
  #lastMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#followers.size;
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    follower.onGone(() => this.#remove(follower));
    follower.onDrain(() => this.#send(follower, this.#parts.page));
    this.#send(follower, this.#parts.page);
  }

  /** Sends soon: at once after a quiet time, else when the batch is full of time. */
  changed(): void {
    this.#timer ??= setTimeout(
      () => this.#sendAll(),
      Math.max(0, this.#lastMs + this.#parts.batchMs - performance.now()),
    );
  }

  heartbeat(): void {
    for (const follower of this.#followers) follower.heartbeat();
  }

  close(): void {
    for (const follower of [...this.#followers]) follower.end();
  }

  #sendAll(): void {
    this.#timer = undefined;
    this.#lastMs = performance.now();
    const pages = new Map<number, RenderedPage>();
    const page = (position: number): RenderedPage => {
      const known = pages.get(position) ?? this.#parts.page(position);
      pages.set(position, known);
      return known;
    };
    for (const follower of [...this.#followers]) this.#send(follower, page);
  }

  #send(follower: Follower, page: (position: number) => RenderedPage): void {
    try {
      while (follower.isReady) {
        const next = page(follower.position);
        follower.send(next);
        if (next.isEmpty) return;
      }
    } catch (error) {
      // A store that cannot be read: the client comes back, and goes on where it was.
      follower.end();
      this.#parts.onError(error);
    }
  }

  #remove(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    clearTimeout(this.#timer);
    this.#parts.onEmpty();
  }
}
