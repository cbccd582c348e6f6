import { KubeError } from '../errors/kube-error.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const LONGEST_TIME = 40;

/** What is being read: the time at the start of a line, a line that is handed on, or one that was handed on before. */
type State =
  | { readonly name: 'time'; readonly read: Buffer }
  | { readonly name: 'pass'; readonly time: string; repeated: number; passed: number }
  | { readonly name: 'skip' };

/**
 * Reads a log with timestamps and hands on what it has not handed on before, so that a log can be asked for again from
 * a moment that was seen already. The server starts at whole seconds; lines are known by their times, of which those of
 * the last seconds are kept, and how often each was seen. Lines of stdout and stderr may stand in the log a little out
 * of their order: up to a second of that is allowed for.
 */
export class LogCursor {
  readonly #keepTimes: boolean;
  readonly #isPart: boolean;
  #connections = 1;
  /** Whole lines handed on, by second and time. */
  readonly #seen = new Map<number, Map<string, number>>();
  #newest = -Infinity;
  #first: string | undefined;
  #open: { readonly time: string; readonly bytes: number } | undefined;
  /** Lines that this connection may bring a second time. */
  #known = new Map<string, number>();
  /** Whether this connection goes on, and has not yet come to what was seen. */
  #resumed = false;
  #state: State = START;

  /**
   * `keepTimes`: the caller wants the times as well. `isPart`: the caller asked for the end of the log only, so that a
   * later answer may begin with lines that are older than that.
   */
  constructor({ keepTimes, isPart }: { readonly keepTimes: boolean; readonly isPart: boolean }) {
    this.#keepTimes = keepTimes;
    this.#isPart = isPart;
  }

  /** From when to ask again, as RFC 3339 in whole seconds; undefined when nothing was seen. */
  get sinceTime(): string | undefined {
    const newest = this.#open === undefined ? this.#newest : Math.min(this.#newest, secondOf(this.#open.time));
    if (newest === -Infinity) return undefined;
    return new Date(Math.max(newest - 1, this.#newest - 2) * 1000).toISOString().replace('.000Z', 'Z');
  }

  /** What comes next is from a new connection, which was asked for from {@link sinceTime} on. */
  resume(): void {
    this.#known = new Map([...this.#seen.values()].flatMap((times) => [...times]));
    this.#resumed = this.#newest !== -Infinity;
    if (this.#resumed) this.#connections += 1;
    this.#state = START;
  }

  /** What is new in a chunk. */
  *push(chunk: Buffer): Generator<Buffer> {
    let rest = chunk;
    while (rest.length > 0) rest = this.#state.name === 'time' ? yield* this.#readTime(rest) : yield* this.#read(rest);
  }

  *#readTime(chunk: Buffer): Generator<Buffer, Buffer> {
    if (this.#state.name !== 'time') return chunk;
    const end = chunk.indexOf(SPACE);
    const read = Buffer.concat([this.#state.read, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (end < 0 && read.length <= LONGEST_TIME) {
      this.#state = { name: 'time', read };
      return EMPTY;
    }
    const time = read.toString('latin1');
    if (!TIME.test(time)) return this.#headless(read, end < 0 ? EMPTY : chunk.subarray(end));
    const times = this.#known.get(time) ?? 0;
    if (times > 0) {
      this.#known.set(time, times - 1);
      this.#resumed = false;
      this.#state = { name: 'skip' };
    } else if (this.#isBeforeFirst(time)) this.#state = { name: 'skip' };
    else {
      this.#resumed = false;
      this.#note(time);
      const repeated = this.#open?.time === time ? this.#open.bytes : 0;
      this.#state = { name: 'pass', time, repeated, passed: 0 };
      if (this.#keepTimes) yield* this.#pass(Buffer.from(`${time} `));
    }
    return chunk.subarray(end + 1);
  }

  /** A connection may start with the end of a long line whose start is older than what was asked for. */
  #headless(read: Buffer, rest: Buffer): Buffer {
    if (!this.#resumed) {
      throw new KubeError('BadResponse', { detail: 'a line of the log does not start with its time' });
    }
    this.#state = { name: 'skip' };
    return Buffer.concat([read, rest]);
  }

  *#read(chunk: Buffer): Generator<Buffer, Buffer> {
    const end = chunk.indexOf(NEWLINE);
    const part = end < 0 ? chunk : chunk.subarray(0, end + 1);
    if (this.#state.name === 'pass') yield* this.#pass(part);
    if (end < 0) return EMPTY;
    if (this.#state.name === 'pass') this.#finish(this.#state.time);
    this.#state = START;
    return chunk.subarray(end + 1);
  }

  *#pass(part: Buffer): Generator<Buffer> {
    if (this.#state.name !== 'pass') return;
    const repeated = Math.min(this.#state.repeated, part.length);
    this.#state.repeated -= repeated;
    this.#state.passed += part.length;
    const fresh = part.subarray(repeated);
    // Noted before it is handed on: the reader may never come back.
    if (this.#state.repeated === 0) this.#open = { time: this.#state.time, bytes: this.#state.passed };
    if (fresh.length > 0) yield fresh;
  }

  #note(time: string): void {
    this.#first ??= time;
    const second = secondOf(time);
    if (second <= this.#newest) return;
    this.#newest = second;
    for (const old of this.#seen.keys()) if (old < second - 2) this.#seen.delete(old);
  }

  #finish(time: string): void {
    this.#open = undefined;
    const second = secondOf(time);
    const times = this.#seen.get(second) ?? new Map<string, number>();
    times.set(time, (times.get(time) ?? 0) + 1);
    this.#seen.set(second, times);
  }

  /** In a later answer, lines older than the first that was handed on are what the caller did not ask for. */
  #isBeforeFirst(time: string): boolean {
    if (!this.#isPart || this.#connections === 1) return false;
    return this.#resumed && this.#first !== undefined && time.length === this.#first.length && time < this.#first;
  }
}

const EMPTY = Buffer.alloc(0);
const START: State = { name: 'time', read: EMPTY };

const secondOf = (time: string): number => Math.floor(Date.parse(time) / 1000);
