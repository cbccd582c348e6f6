import { isAlreadyExists, isConflict, isNotFound } from '../errors/predicates.ts';
import type { Lease } from '../resources/models.ts';
import type { ResourceClient } from '../resources/resource-client.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { heldBy, released } from './lease-record.ts';

/** Who stands for election, for what, and how patiently. Defaults are client-go's. */
export type LeaderElectionOptions = {
  /** Name of the Lease. */
  readonly name: string;
  /** Name of this candidate, one per process: a pod name, for instance. */
  readonly identity: string;
  /** How long others wait after the last sign of life of a leader, in milliseconds. @default 15_000 */
  readonly leaseDurationMs?: number;
  /** How long a leader that cannot renew still leads; must be below the lease duration. @default 10_000 */
  readonly renewDeadlineMs?: number;
  /** Time between two tries, in milliseconds. @default 2_000 */
  readonly retryPeriodMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
  /** Hears of tries that failed; the next one follows. */
  readonly onError?: (error: unknown) => void;
};

type Normalized = Required<LeaderElectionOptions>;

/**
 * Lets one of several processes lead at a time, by a Lease. No clock is compared with another machine's: a lease counts
 * as expired when it has not changed for its duration on our own monotonic clock, and a leader gives up before that.
 * Between two leaders there can be a gap, and none of them at the same time, as long as work ends when `lost` fires.
 */
export class LeaderElection {
  readonly #leases: ResourceClient<Lease>;
  readonly #options: Normalized;
  #lease: Lease | undefined;
  #changedAtMs = 0;
  #leadsUntilMs = -Infinity;

  /** @throws TypeError when the deadlines contradict each other */
  constructor(leases: ResourceClient<Lease>, options: LeaderElectionOptions) {
    this.#leases = leases;
    this.#options = normalize(options);
  }

  /** Who holds the lease, as far as this candidate has seen. */
  get leader(): string | undefined {
    const holder = this.#lease?.spec?.holderIdentity;
    return holder === '' ? undefined : holder;
  }

  /** Whether this candidate leads right now; also true to the millisecond after the process was frozen. */
  isLeader(): boolean {
    return this.#options.clock.monotonic() < this.#leadsUntilMs;
  }

  /**
   * Waits to be elected and then calls `lead`, whose signal `lost` fires when leadership is lost; when `lead` has ended
   * for that, stands again. Resolves when `lead` ends by itself, or when `signal` fires; the lease is then given back.
   */
  async run(lead: (lost: AbortSignal) => Promise<void>, signal?: AbortSignal): Promise<void> {
    while (!isAborted(signal)) {
      if (!(await this.#elected(signal))) return;
      const lost = new AbortController();
      const stop = new AbortController();
      const onAbort = (): void => lost.abort(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      // It may have fired while the lease was being taken.
      if (isAborted(signal)) onAbort();
      const renewing = this.#keep(stop.signal).then(() => lost.abort());
      try {
        await lead(lost.signal);
        if (!lost.signal.aborted) return;
      } finally {
        signal?.removeEventListener('abort', onAbort);
        stop.abort();
        await renewing;
        await this.#giveBack();
      }
    }
  }

  /** Tries until the lease is ours. */
  async #elected(signal: AbortSignal | undefined): Promise<boolean> {
    const { clock, retryPeriodMs } = this.#options;
    while (!isAborted(signal)) {
      if (await this.#try(signal)) return true;
      // With some chance in it, so that candidates do not all come at the same moment.
      await clock.sleep(retryPeriodMs * (1 + 0.2 * clock.random()), signal).catch(() => undefined);
    }
    return false;
  }

  /** Renews until that fails for too long, or until it is stopped. */
  async #keep(stop: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs } = this.#options;
    while (!isAborted(stop)) {
      const leftMs = this.#leadsUntilMs - clock.monotonic();
      if (leftMs <= 0) return;
      await clock.sleep(Math.min(retryPeriodMs, leftMs), stop).catch(() => undefined);
      // Never cut while it runs: whether it arrived decides what the lease looks like when it is given back.
      const kept = isAborted(stop) || (await this.#try(undefined));
      // Taken over by somebody else: no reason to wait for the deadline.
      if (!kept && this.leader !== this.#options.identity) return;
    }
  }

  /** One try to take or renew the lease. Never throws. */
  async #try(signal: AbortSignal | undefined): Promise<boolean> {
    const { clock, name, renewDeadlineMs, onError } = this.#options;
    const startedMs = clock.monotonic();
    const timeoutMs = this.isLeader() ? Math.max(1, this.#leadsUntilMs - startedMs) : renewDeadlineMs;
    const call = { signal, timeoutMs };
    try {
      // A leader knows its lease; anybody else looks first.
      const lease = this.isLeader() && this.#lease !== undefined ? this.#lease : await this.#read(call);
      if (lease !== undefined && !this.#isFree(lease)) return false;
      const mine = heldBy(lease ?? { metadata: { name } }, this.#options, clock.now());
      this.#note(await (lease === undefined ? this.#leases.create(mine, call) : this.#leases.replace(mine, call)));
      // From before it was sent: others count from when it arrived.
      this.#leadsUntilMs = startedMs + renewDeadlineMs;
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) await this.#read(call).catch(() => undefined);
      else if (!isAborted(signal)) onError(error);
      return false;
    }
  }

  async #read(call: { signal: AbortSignal | undefined; timeoutMs: number }): Promise<Lease | undefined> {
    try {
      const lease = await this.#leases.get(this.#options.name, call);
      this.#note(lease);
      return lease;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#lease = undefined;
      return undefined;
    }
  }

  #note(lease: Lease): void {
    if (lease.metadata?.resourceVersion !== this.#lease?.metadata?.resourceVersion) {
      this.#changedAtMs = this.#options.clock.monotonic();
    }
    this.#lease = lease;
  }

  #isFree({ spec }: Lease): boolean {
    const holder = spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#options.identity) return true;
    const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1000 || this.#options.leaseDurationMs;
    return this.#options.clock.monotonic() - this.#changedAtMs > durationMs;
  }

  /** Best effort: if it fails, the others wait for the lease to expire. */
  async #giveBack(): Promise<void> {
    const { clock, identity, retryPeriodMs, onError } = this.#options;
    const held = this.isLeader() && this.leader === identity;
    this.#leadsUntilMs = -Infinity;
    if (!held || this.#lease === undefined) return;
    try {
      this.#note(await this.#leases.replace(released(this.#lease, clock.now()), { timeoutMs: retryPeriodMs }));
    } catch (error) {
      onError(error);
    }
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const normalize = (options: LeaderElectionOptions): Normalized => {
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  if (options.identity === '') throw new TypeError('identity: expected a name');
  if (!(renewDeadlineMs < leaseDurationMs)) throw new TypeError('renewDeadlineMs: expected less than leaseDurationMs');
  if (!(retryPeriodMs > 0 && retryPeriodMs < renewDeadlineMs)) {
    throw new TypeError('retryPeriodMs: expected more than 0 and less than renewDeadlineMs');
  }
  return Object.freeze({
    ...options,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
    clock: options.clock ?? systemClock,
    onError: options.onError ?? (() => undefined),
  });
};
