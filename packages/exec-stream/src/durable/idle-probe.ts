import { ExecLostError } from '../errors.ts';

/** Asks a probe whether a run is lost, while nothing happens. */
export class IdleProbe {
  readonly #probe: (() => Promise<{ readonly state: string }>) | undefined;
  readonly #afterMs: number;
  #since = performance.now();
  #lost = false;

  constructor(options: { readonly probe?: () => Promise<{ readonly state: string }>; readonly probeAfterMs?: number }) {
    this.#probe = options.probe;
    this.#afterMs = options.probeAfterMs ?? 10_000;
  }

  reset(): void {
    this.#since = performance.now();
  }

  /** @throws ExecLostError one look after the probe said so: what was written last has been read by then */
  async check(): Promise<void> {
    if (this.#lost) {
      throw new ExecLostError('EXEC_LOST', 'nobody knows how the command ended', {
        started: 'maybe',
        hint: 'It is not run again by itself; look for an out-of-memory kill or a container restart',
      });
    }
    if (!this.#probe || performance.now() - this.#since < this.#afterMs) return;
    this.#lost = await this.#probe().then(
      ({ state }) => state === 'lost',
      () => false,
    );
    this.reset();
  }
}
