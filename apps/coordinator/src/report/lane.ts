import type { FinalState, JobEvent, Reason } from '@danube/contract';
import type { Report } from '../domain/judge-step.ts';
import { Mailbox } from '../mailbox.ts';
import type { OutputChunk } from '../worker/step-runner.ts';
import { OutputCutter, type OutputPiece } from './output-pieces.ts';

/** Longest piece of output in one event, in bytes. */
const MAX_PIECE_BYTES = 65_536;

type Entry =
  | { readonly kind: 'report'; readonly report: Report; readonly at: number }
  | { readonly kind: 'verdict'; readonly verdict: JobVerdict; readonly at: number }
  | { readonly kind: 'output'; readonly step: number; readonly chunks: AsyncIterable<OutputChunk> };

/** How the job ended. */
export type JobVerdict = { readonly state: FinalState; readonly reason?: Reason | undefined };

/**
 * The order of what is reported: decisions, and between them the output of each step.
 *
 * Steps do not wait for the lane. Output is not held here: it stays in the journal on the control volume until somebody
 * takes {@link events}, at the pace at which they are taken.
 */
export class Lane {
  readonly #entries = new Mailbox<Entry>();
  readonly #now: () => number;
  readonly #numbered = Promise.withResolvers<number>();
  #lastSeq = 0;
  #logComplete = true;

  /** @param now the clock, in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds a decision, as of now. */
  report(report: Report): void {
    this.#entries.put({ kind: 'report', report, at: this.#now() });
  }

  /**
   * Adds all output of a step; what is added later is reported after it. When reading it fails, what came before the
   * failure is reported, and the log is called incomplete.
   */
  output(step: number, chunks: AsyncIterable<OutputChunk>): void {
    this.#entries.put({ kind: 'output', step, chunks });
  }

  /** Adds the verdict, as of now. It is the last event. */
  finish(verdict: JobVerdict): void {
    this.#entries.put({ kind: 'verdict', verdict, at: this.#now() });
    this.#entries.close();
  }

  /** Number of the last event so far. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Resolves with the number of the last event of all, once it is known. */
  get numbered(): Promise<number> {
    return this.#numbered.promise;
  }

  /** The events in order, numbered from 1 without gap. To be taken once. */
  async *events(): AsyncGenerator<JobEvent, void, void> {
    for await (const entry of this.#entries) {
      if (entry.kind === 'output') yield* this.#outputEvents(entry.step, entry.chunks);
      else if (entry.kind === 'report') yield { ...entry.report, ...this.#stamp(entry.at) };
      else yield this.#verdictEvent(entry.verdict, entry.at);
    }
    this.#numbered.resolve(this.#lastSeq);
  }

  async *#outputEvents(step: number, chunks: AsyncIterable<OutputChunk>): AsyncGenerator<JobEvent, void, void> {
    const cutters = { stdout: new OutputCutter(MAX_PIECE_BYTES), stderr: new OutputCutter(MAX_PIECE_BYTES) };
    const source = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await source.next().catch(() => undefined);
      if (next === undefined) this.#logComplete = false;
      if (next === undefined || next.done === true) break;
      const { stream, data } = next.value;
      yield* this.#pieces(step, stream, cutters[stream].push(data));
    }
    yield* this.#pieces(step, 'stdout', cutters.stdout.flush());
    yield* this.#pieces(step, 'stderr', cutters.stderr.flush());
  }

  *#pieces(step: number, stream: OutputChunk['stream'], pieces: OutputPiece[]): Generator<JobEvent, void, void> {
    for (const piece of pieces) yield { ...this.#stamp(this.#now()), type: 'output', step, stream, ...piece };
  }

  #verdictEvent({ state, reason }: JobVerdict, at: number): JobEvent {
    const why = reason === undefined ? {} : { reason };
    return { ...this.#stamp(at), type: 'job.finished', state, ...why, logComplete: this.#logComplete };
  }

  #stamp(at: number): { seq: number; at: string } {
    return { seq: ++this.#lastSeq, at: new Date(at).toISOString() };
  }
}
