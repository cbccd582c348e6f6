import { createHash } from 'node:crypto';
import type { PodIdentity, TokenReviewer } from './token-reviewer.ts';

// Short enough that a deleted pod's token soon stops working, long enough that a chatty job costs one review a minute.
const KEEP_MS = 60_000;
// A refusal may be a token that is new to the API server, so it is asked for again sooner.
const KEEP_REFUSED_MS = 2000;
const MAX_TOKENS = 10_000;

type Known = { readonly identity: Promise<PodIdentity | undefined>; untilMs: number };

/** Remembers for a short time whose token is whose. Tokens are kept as hashes only. */
export class TokenCache {
  readonly #review: TokenReviewer;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(review: TokenReviewer, now: () => number) {
    this.#review = review;
    this.#now = now;
  }

  /** The pod that a token is bound to. One review at a time per token; a failed review is not remembered. */
  identityOf(token: string): Promise<PodIdentity | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && known.untilMs > this.#now()) return known.identity;
    const fresh: Known = { identity: this.#review(token), untilMs: this.#now() + KEEP_MS };
    this.#remember(key, fresh);
    fresh.identity.then(
      (identity) => {
        if (identity === undefined) fresh.untilMs = this.#now() + KEEP_REFUSED_MS;
      },
      () => {
        if (this.#known.get(key) === fresh) this.#known.delete(key);
      },
    );
    return fresh.identity;
  }

  #remember(key: string, known: Known): void {
    // Maps keep the order of insertion: the first is the oldest.
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_TOKENS && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, known);
  }
}
