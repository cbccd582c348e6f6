import type { Numbered } from './lane.ts';

/** How much an {@link Outbox} holds and hands out. */
export type OutboxLimits = {
  /** Writers wait while this much is not acknowledged. */
  readonly windowBytes: number;
  /** Most of one batch. */
  readonly batchBytes: number;
  readonly batchEvents: number;
};

/** Rough cost of an event beside its output. */
const EVENT_BYTES = 100;

/**
 * Events that are not acknowledged yet: the only output that is held in memory, and bounded.
 *
 * - `open`: writers add.
 * - `closed`: all is in.
 * - `discarding`: nothing will be sent any more; what is added is dropped, and nobody waits.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  #state: 'open' | 'closed' | 'discarding' = 'open';
  #events: Numbered[] = [];
  #bytes = 0;
  #change = nextChange();

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get state(): 'open' | 'closed' | 'discarding' {
    return this.#state;
  }

  /** Resolves at the next change. */
  get changed(): Promise<unknown> {
    return this.#change.promise;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Whether a batch would be as large as it may be. */
  get hasFullBatch(): boolean {
    return this.#bytes >= this.#limits.batchBytes || this.#events.length >= this.#limits.batchEvents;
  }

  /** Adds an event, and waits while the window is full. */
  async add(event: Numbered): Promise<void> {
    if (this.#state === 'discarding') return;
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    this.#changed();
    while (this.#bytes >= this.#limits.windowBytes) await this.#change.promise;
  }

  /** Nothing more will be added. */
  close(): void {
    if (this.#state === 'open') this.#state = 'closed';
    this.#changed();
  }

  /** Drops what is there and what will come. */
  discard(): void {
    this.#state = 'discarding';
    this.#events = [];
    this.#bytes = 0;
    this.#changed();
  }

  /** The oldest events, at least one unless there is none, of at most `bytes`. They stay until {@link acknowledge}. */
  batch(bytes: number): Numbered[] {
    let size = 0;
    const end = this.#events.findIndex((event, index) => {
      size += sizeOf(event);
      return index > 0 && (size > bytes || index >= this.#limits.batchEvents);
    });
    return this.#events.slice(0, end === -1 ? undefined : end);
  }

  /** Drops what is stored for good: all up to this number. @returns the last of it, if there was any. */
  acknowledge(seq: number): Numbered | undefined {
    const kept = this.#events.findIndex(({ event }) => event.seq > seq);
    const dropped = this.#events.splice(0, kept === -1 ? this.#events.length : kept);
    for (const numbered of dropped) this.#bytes -= sizeOf(numbered);
    if (dropped.length > 0) this.#changed();
    return dropped.at(-1);
  }

  #changed(): void {
    this.#change.resolve(undefined);
    this.#change = nextChange();
  }
}

const nextChange = () => Promise.withResolvers<undefined>();

const sizeOf = ({ event }: Numbered): number => EVENT_BYTES + (event.type === 'output' ? event.data.length : 0);
