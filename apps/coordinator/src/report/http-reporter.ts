import { type EventAck, eventAckSchema } from '@danube/contract';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checkpoint, type Place, START } from '../durable/checkpoint-file.ts';
import { CoordinatorError, messageOf } from '../errors.ts';
import type { ApiConnection } from './api-connection.ts';
import { BackOff } from './back-off.ts';
import type { Numbered } from './lane.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { Delivery, Reporter } from './reporter.ts';

/** Numbers of the way to the api-server. */
export type HttpReporterOptions = OutboxLimits & {
  /** A batch that is not full begins at least this long after the one before. */
  readonly pauseMs: number;
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
  /** Where the report stands; kept before a batch leaves, so that it can be made again. */
  readonly checkpoints: { read(): Checkpoint; write(checkpoint: Checkpoint): void };
  /** Called when nothing before a place will be sent again, also not by a coordinator that is started again. */
  readonly release: (place: Place) => void;
};

const defaults: HttpReporterOptions = {
  windowBytes: 4 * 1_048_576,
  batchBytes: 262_144,
  batchEvents: 1000,
  pauseMs: 30,
  timeoutMs: 30_000,
  backOff: { firstMs: 100, maxMs: 5000 },
  checkpoints: { read: () => ({ seq: 0, place: START, sent: [] }), write: () => undefined },
  release: () => undefined,
};

/** Answers after which the same events cannot be taken later either; 409: the end of the job is recorded already. */
const REJECTED = new Set([400, 409, 413, 422]);

/**
 * Sends events to the api-server in batches, one request at a time, and repeats each until it is acknowledged.
 *
 * An event after a quiet time leaves at once; in a stream of events there are at most 1000 / `pauseMs` requests a second.
 */
export class HttpReporter implements Reporter {
  readonly #connection: ApiConnection;
  readonly #options: HttpReporterOptions;

  /** @param options @default a window of 4 MiB, batches of 256 KiB, 30 ms between batches */
  constructor(connection: ApiConnection, options: Partial<HttpReporterOptions> = {}) {
    this.#connection = connection;
    this.#options = Object.freeze({ ...defaults, ...options });
  }

  async deliver(events: AsyncIterable<Numbered>, signal: AbortSignal): Promise<Delivery> {
    const outbox = new Outbox(this.#options);
    const giveUp = () => outbox.discard();
    signal.addEventListener('abort', giveUp);
    const filling = this.#fill(outbox, events);
    try {
      await this.#empty(outbox, signal);
      return { complete: true };
    } catch (error) {
      // The rest is taken and dropped: numbers go on, and nobody waits for a window that never opens.
      outbox.discard();
      await Promise.race([filling, isAborted(signal)]);
      return { complete: false, why: signal.aborted ? 'the time for it was over' : messageOf(error) };
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #empty(outbox: Outbox, signal: AbortSignal): Promise<void> {
    const backOff = new BackOff(this.#options.backOff);
    let { batchBytes } = this.#options;
    const begin = this.#options.checkpoints.read();
    let { seq, place } = begin;
    let keptSeq = seq + begin.sent.length;
    let pause = Promise.resolve();
    for (;;) {
      await isDue(outbox, pause);
      signal.throwIfAborted();
      const batch = outbox.batch(batchBytes);
      const last = batch.at(-1);
      if (last === undefined) return;
      if (last.event.seq > keptSeq) {
        this.#keep({ seq, place, sent: batch.map((numbered) => numbered.sent) });
        keptSeq = last.event.seq;
      }
      pause = sleep(this.#options.pauseMs, undefined, { ref: false });
      try {
        const { ackSeq } = await this.#post(batch, signal);
        const stored = outbox.acknowledge(ackSeq);
        if (stored === undefined) await backOff.pause(signal);
        else {
          const isPassed = stored === last && stored.after.entry > place.entry;
          ({ seq } = stored.event);
          place = stored.after;
          // Said at once when a step is over: the next one may wait for the room.
          if (isPassed) this.#keep({ seq, place, sent: [] });
          backOff.reset();
        }
      } catch (error) {
        const status = error instanceof CoordinatorError ? error.status : undefined;
        if (status === 413 && batch.length > 1) batchBytes = Math.ceil(batchBytes / 2);
        else if (status !== undefined && REJECTED.has(status)) throw rejected(error, status);
        else await backOff.pause(signal, error instanceof CoordinatorError ? error.retryAfterMs : undefined);
      }
    }
  }

  #keep(checkpoint: Checkpoint): void {
    this.#options.checkpoints.write(checkpoint);
    this.#options.release(checkpoint.place);
  }

  async #fill(outbox: Outbox, events: AsyncIterable<Numbered>): Promise<void> {
    for await (const numbered of events) {
      await outbox.add(numbered);
      if (outbox.state === 'discarding') this.#options.release(numbered.after);
    }
    outbox.close();
  }

  async #post(batch: readonly Numbered[], signal: AbortSignal): Promise<EventAck> {
    const { timeoutMs } = this.#options;
    const events = batch.map(({ event }) => event);
    const answer = await this.#connection.call({
      method: 'POST',
      path: '/events',
      body: { events },
      timeoutMs,
      signal,
    });
    const ack = eventAckSchema.safeParse(answer);
    if (!ack.success) throw new CoordinatorError('API_ANSWER', 'no ackSeq');
    return ack.data;
  }
}

/** Waits until there is a batch to send and it is time to send it, or until there will be none. */
const isDue = async (outbox: Outbox, pause: Promise<void>): Promise<void> => {
  const wait = { over: false };
  const over = pause.then(() => {
    wait.over = true;
  });
  while (outbox.state === 'open' && (outbox.isEmpty || !(wait.over || outbox.hasFullBatch))) {
    await (wait.over ? outbox.changed : Promise.race([outbox.changed, over]));
  }
};

const rejected = (cause: unknown, status: number): CoordinatorError =>
  new CoordinatorError('API_REJECTED', `HTTP ${status}`, { status, cause });

const isAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
