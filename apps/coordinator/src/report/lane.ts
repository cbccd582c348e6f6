import type { FinalState, JobEvent, Reason } from '@danube/contract';
import type { Report } from '../domain/judge-step.ts';
import { type Checkpoint, type Place, type Sent, START } from '../durable/checkpoint-file.ts';
import { Mailbox } from '../mailbox.ts';
import type { SecretMasker } from '../secrets/secret-masker.ts';
import type { OutputReading, StreamName } from '../worker/step-runner.ts';
import { OutputCutter, type OutputPiece, pieceOf } from './output-pieces.ts';

/** Longest piece of output in one event, in bytes. */
const MAX_PIECE_BYTES = 65_536;

/** The output of a step, as it stands in the journal on the control volume. */
export type OutputSource = {
  /** All output from these offsets on, until the step has ended. */
  from(offsets: Place['offsets']): OutputReading;
  /** Exactly these bytes, which are known to be there. */
  read(stream: StreamName, offset: number, bytes: number): Promise<Buffer>;
  /** Nobody asks for any of it again. */
  discard(): void;
};

/** How the job ended. */
export type JobVerdict = { readonly state: FinalState; readonly reason?: Reason | undefined };

/** Output that may have to be reported again. */
type Held = { readonly source: OutputSource; reading?: OutputReading };

/** An event, how it can be made again, and where the lane stands after it. */
export type Numbered = { readonly event: JobEvent; readonly sent: Sent; readonly after: Place };

type Entry =
  | { readonly kind: 'report'; readonly report: Report; readonly at: number }
  | { readonly kind: 'verdict'; readonly verdict: JobVerdict; readonly at: number }
  | { readonly kind: 'output'; readonly step: number; readonly source: OutputSource };

/**
 * The order of what is reported: decisions, and between them the output of each step.
 *
 * Steps do not wait for the lane. Output is not held here: it stays in the journal on the control volume until somebody
 * takes {@link events}, at the pace at which they are taken.
 */
export class Lane {
  readonly #entries = new Mailbox<Entry>();
  readonly #now: () => number;
  readonly #masker: SecretMasker;
  readonly #numbered = Promise.withResolvers<number>();
  readonly #again: Sent[];
  /** By the places of their entries. */
  readonly #held = new Map<number, Held>();
  #place: Place;
  #lastSeq: number;

  /**
   * @param now the clock, in milliseconds since 1970.
   * @param masker hides secrets in all output.
   * @param from where an earlier coordinator of this job has come to. @default the beginning
   */
  constructor(now: () => number, masker: SecretMasker, from: Checkpoint = { seq: 0, place: START, sent: [] }) {
    this.#now = now;
    this.#masker = masker;
    this.#lastSeq = from.seq;
    this.#place = from.place;
    this.#again = [...from.sent];
  }

  /** Adds a decision. */
  report(report: Report, at: number): void {
    this.#entries.put({ kind: 'report', report, at });
  }

  /**
   * Adds all output of a step; what is added later is reported after it. When reading it fails, what came before the
   * failure is reported, and the log is called incomplete.
   */
  output(step: number, source: OutputSource): void {
    this.#entries.put({ kind: 'output', step, source });
  }

  /** Nothing before this place has to be made again: the journal need not keep it. */
  release({ entry: upTo, offsets }: Place): void {
    for (const [entry, { source, reading }] of this.#held) {
      if (entry === upTo) reading?.release(offsets);
      if (entry >= upTo) continue;
      this.#held.delete(entry);
      source.discard();
    }
  }

  /** Adds the verdict. It is the last event. */
  finish(verdict: JobVerdict, at: number): void {
    this.#entries.put({ kind: 'verdict', verdict, at });
    this.#entries.close();
  }

  /** Resolves with the number of the last event of all, once it is known. */
  get numbered(): Promise<number> {
    return this.#numbered.promise;
  }

  /** The events in order, numbered without gap, from the first that may not have arrived. To be taken once. */
  async *events(): AsyncGenerator<Numbered, void, void> {
    let index = 0;
    for await (const entry of this.#entries) {
      if (entry.kind === 'output') this.#held.set(index, { source: entry.source });
      if (index++ < this.#place.entry) {
        this.release(this.#place);
        continue;
      }
      if (entry.kind === 'output') yield* this.#outputOf(entry);
      this.#place = { ...START, logComplete: this.#place.logComplete, entry: index };
      if (entry.kind !== 'output') yield this.#eventOf(entry);
    }
    this.#numbered.resolve(this.#lastSeq);
  }

  #eventOf(entry: Exclude<Entry, { kind: 'output' }>): Numbered {
    this.#again.shift();
    const stamp = this.#stamp(new Date(entry.at).toISOString());
    if (entry.kind === 'report') return this.#withPlace({ ...entry.report, ...stamp });
    const { state, reason } = entry.verdict;
    const why = reason === undefined ? {} : { reason };
    return this.#withPlace({ ...stamp, type: 'job.finished', state, ...why, logComplete: this.#place.logComplete });
  }

  async *#outputOf({ step, source }: Extract<Entry, { kind: 'output' }>): AsyncGenerator<Numbered, void, void> {
    const cutter = () => new OutputCutter(MAX_PIECE_BYTES, this.#masker);
    const cutters = { stdout: cutter(), stderr: cutter() };
    try {
      for (let sent = this.#again[0]; sent?.stream !== undefined; sent = this.#again[0]) {
        const { stream, bytes = 0, at } = sent;
        const piece = pieceOf(this.#masker.mask(await source.read(stream, this.#place.offsets[stream], bytes)), bytes);
        this.#again.shift();
        yield this.#outputEvent(step, stream, { ...piece, at });
      }
      // What was sent after this output proves that it was all there.
      if (this.#again.length > 0) return;
      const reading = source.from(this.#place.offsets);
      const held = this.#held.get(this.#place.entry);
      if (held !== undefined) held.reading = reading;
      for await (const { stream, data } of reading) {
        for (const piece of cutters[stream].push(data)) yield this.#outputEvent(step, stream, piece);
      }
    } catch {
      this.#place = { ...this.#place, logComplete: false };
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      for (const piece of cutters[stream].flush()) yield this.#outputEvent(step, stream, piece);
    }
  }

  #outputEvent(step: number, stream: StreamName, piece: OutputPiece & { at?: string }): Numbered {
    const { encoding, data, bytes, at = new Date(this.#now()).toISOString() } = piece;
    const { offsets } = this.#place;
    this.#place = { ...this.#place, offsets: { ...offsets, [stream]: offsets[stream] + bytes } };
    const event = { ...this.#stamp(at), type: 'output', step, stream, encoding, data } as const;
    return { event, sent: { at, stream, bytes }, after: this.#place };
  }

  #withPlace(event: JobEvent): Numbered {
    return { event, sent: { at: event.at }, after: this.#place };
  }

  #stamp(at: string): { seq: number; at: string } {
    return { seq: ++this.#lastSeq, at };
  }
}
