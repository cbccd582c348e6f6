/** What {@link EndWord} is told of a session. */
export interface EndMarks {
  /** End marks that have come, of two. */
  count(): number;
  /** True while the consumer stops the flow: then a mark may be on its way for any time. */
  isPaused(): boolean;
  /** Lets the wrapper go. */
  send(): void;
}

/** An end mark that has not come so long after the other one, with nothing else coming, was lost on the way. */
const LOST_AFTER_MS = 1_000;

/**
 * Lets a wrapper that waits (see `sentinel.ts`) go as soon as all has come; and also when one end mark is lost, so that the server
 * says how it ends instead of waiting with us for ever.
 */
export class EndWord {
  readonly #marks: EndMarks;
  #timer: NodeJS.Timeout | undefined;

  constructor(marks: EndMarks) {
    this.#marks = marks;
  }

  /** To be called after each piece of output. */
  look(): void {
    clearTimeout(this.#timer);
    const count = this.#marks.count();
    if (count === 2) this.#marks.send();
    else if (count === 1) this.#timer = setTimeout(() => this.#giveUp(), LOST_AFTER_MS);
  }

  /** The session is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #giveUp(): void {
    if (this.#marks.isPaused()) this.look();
    else this.#marks.send();
  }
}
