import type { LogEntry } from '@danube/contract';
import { type Io, write } from './io.ts';
import type { View, Written } from './view/view.ts';

/** How often the live view is drawn anew while nothing happens. */
const tickMs = 100;

/** Gives a view's writing to the outputs, one piece after the other, waiting for slow readers. */
export class Screen {
  readonly #io: Pick<Io, 'stdout' | 'stderr'>;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(io: Pick<Io, 'stdout' | 'stderr'>) {
    this.#io = io;
  }

  /** True while something written before has not been taken yet. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  show({ out, err }: Written): Promise<void> {
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      await write(this.#io.stdout, out);
      await write(this.#io.stderr, err);
      this.#waiting -= 1;
    });
    return this.#last;
  }
}

/** Shows the entries of a log as they come. A reader that is slow slows down the log, not this process. */
export const showLog = async (
  entries: AsyncIterable<LogEntry>,
  { view, screen }: { readonly view: View; readonly screen: Screen },
): Promise<void> => {
  const timer = setInterval(() => {
    if (!screen.busy) void screen.show(view.tick());
  }, tickMs);
  try {
    for await (const entry of entries) await screen.show(view.entry(entry));
  } finally {
    clearInterval(timer);
  }
};
