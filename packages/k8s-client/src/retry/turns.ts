import { TimeoutError } from '../errors/failures.ts';
import type { Clock } from '../time/clock.ts';
import { Turnstile } from '../time/turnstile.ts';
import { type Limits, within } from '../time/within.ts';
import { type RateLimit, TokenBucket } from './token-bucket.ts';

/** Most calls that are under way at the same time; streams do not count. */
export type InFlightLimit = {
  /** GET. @default no limit */
  readonly reading?: number;
  /** Everything else. @default no limit */
  readonly mutating?: number;
};

/** How an attempt counts: the API server has the same two limits, and none for streams. */
export type TurnKind = keyof InFlightLimit | 'stream';

const nothing = (): void => undefined;

/** When an attempt may begin: first the rate, then a place among those under way. */
export class Turns {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | undefined;
  readonly #places: Readonly<Partial<Record<TurnKind, Turnstile | undefined>>>;

  constructor(options: {
    readonly rateLimit?: RateLimit | undefined;
    readonly maxInFlight?: InFlightLimit | undefined;
    readonly clock: Clock;
  }) {
    const { rateLimit, maxInFlight, clock } = options;
    this.#clock = clock;
    this.#bucket = rateLimit && new TokenBucket(rateLimit, clock);
    const places = (most: number | undefined) => (most === undefined ? undefined : new Turnstile(most));
    this.#places = { reading: places(maxInFlight?.reading), mutating: places(maxInFlight?.mutating) };
  }

  /** Waits for the turn, and resolves with what ends it: call that always. */
  async take(kind: TurnKind, limits: Limits): Promise<() => void> {
    const startedMs = this.#clock.monotonic();
    await this.#pace(limits);
    const places = this.#places[kind];
    if (places === undefined) return nothing;
    const leftMs = Math.max(1, limits.timeoutMs - (this.#clock.monotonic() - startedMs));
    const given = new AbortController();
    const entering = places.enter(given.signal);
    try {
      return await within(entering, { ...limits, timeoutMs: leftMs, what: 'waiting for others (maxInFlight)' });
    } catch (error) {
      given.abort();
      entering.then((leave) => leave(), nothing);
      throw error;
    }
  }

  /** Waits as the rate limit asks. Who cannot wait so long fails at once, and takes nothing from those behind. */
  async #pace(limits: Limits): Promise<void> {
    const waitMs = this.#bucket?.reserve() ?? 0;
    if (waitMs === 0) return;
    const given = new AbortController();
    try {
      const { timeoutMs, request } = limits;
      if (waitMs >= timeoutMs) {
        const detail = 'the rate limit of this client leaves no place in that time';
        throw new TimeoutError({ phase: 'queue', sent: false, timeoutMs, request, detail });
      }
      await within(this.#clock.sleep(waitMs, given.signal), { ...limits, what: 'the rate limit' });
    } catch (error) {
      given.abort();
      this.#bucket?.release();
      throw error;
    }
  }
}
