/** What the watchdog looks at. A WebSocket connection shows this. */
export interface LivenessProbe {
  /** Bytes received so far. Any inbound byte is life. */
  readonly bytesRead: number;
  /** Bytes handed to the kernel so far. */
  readonly bytesWritten: number;
  /** Bytes waiting to be sent. */
  readonly bufferedBytes: number;
  /** True while the consumer has stopped us: then nothing can be read, and nothing can be judged. */
  readonly paused: boolean;
  /** True while stdin was sent after the last sign of life: the server may be stuck in writing it, and answers no ping. */
  readonly stdinInFlight: boolean;
  /** Asks for a sign of life. */
  ping(): void;
  /** Sends a message that means nothing. */
  touch(): void;
}

/** Times of the watchdog, in milliseconds. */
export interface LivenessTimes {
  /** @default 10000 */
  readonly pingEveryMs: number;
  /** Silence after which an idle connection is dead. @default 30000 */
  readonly deadAfterMs: number;
  /** Time without any byte sent while bytes wait. @default 120000 */
  readonly stuckAfterMs: number;
  /** Silence allowed while the server may be stuck in writing stdin to a command that does not read. @default 600000 */
  readonly stdinStuckAfterMs: number;
  /** The server ends a connection after 4 hours without a message, and pings are none. @default 3600000 */
  readonly touchEveryMs?: number;
}

export const defaultLivenessTimes: Required<LivenessTimes> = {
  pingEveryMs: 10_000,
  deadAfterMs: 30_000,
  stuckAfterMs: 120_000,
  stdinStuckAfterMs: 600_000,
  touchEveryMs: 3_600_000,
};

/**
 * Judges at every tick whether a connection is dead. Pure but for {@link LivenessProbe.ping} and {@link LivenessProbe.touch}: the caller owns clock and timer.
 * The server answers pings in the loop that also writes stdin, so a missing pong proves nothing while stdin is under way
 * (golang.org/x/net/websocket `hybi.go`), and a paused reader sees no pong at all.
 */
export class Liveness {
  readonly #times: Required<LivenessTimes>;
  #bytesRead = 0;
  #bytesWritten = 0;
  #since: number;
  #touchedAt: number;

  constructor(times: LivenessTimes, now: number) {
    this.#times = { ...defaultLivenessTimes, ...times };
    this.#since = now;
    this.#touchedAt = now;
  }

  /** Returns why the connection is dead, or undefined while it is not. */
  tick(probe: LivenessProbe, now: number): string | undefined {
    const { bytesRead, bytesWritten, bufferedBytes } = probe;
    const moved = bytesRead !== this.#bytesRead || (bufferedBytes > 0 && bytesWritten !== this.#bytesWritten);
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    if (moved || probe.paused) this.#since = now;
    const silentMs = now - this.#since;
    const limitMs = this.#limit(probe);
    if (silentMs >= limitMs) return `no sign of life for ${Math.round(silentMs / 1000)} s`;
    if (!probe.paused && bufferedBytes === 0) this.#speak(probe, now);
    return undefined;
  }

  #speak(probe: LivenessProbe, now: number): void {
    if (now - this.#touchedAt < this.#times.touchEveryMs) probe.ping();
    else {
      this.#touchedAt = now;
      probe.touch();
    }
  }

  #limit(probe: LivenessProbe): number {
    if (probe.bufferedBytes > 0) return Math.max(this.#times.stuckAfterMs, this.#times.deadAfterMs);
    return probe.stdinInFlight ? this.#times.stdinStuckAfterMs : this.#times.deadAfterMs;
  }
}
