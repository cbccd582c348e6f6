/** What every client program prints, as one line of JSON; the Go reference prints the same. */
export type Measured = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly count: number;
};

/** Measures the work and prints it, with what `more` adds. CPU is that of the work, memory that of the process. */
export const measureAndPrint = async (
  work: () => Promise<number>,
  more: () => Readonly<Record<string, number>> = () => ({}),
): Promise<void> => {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(cpu);
  const measured: Measured = {
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    count,
  };
  process.stdout.write(`${JSON.stringify({ ...measured, ...more() })}\n`);
};

/** Runs `total` calls, `concurrency` at a time. */
export const repeat = async (total: number, concurrency: number, call: () => Promise<unknown>): Promise<number> => {
  let left = total;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return total;
};

/** Bytes of the heap that are really in use. Needs `--expose-gc`. */
export const heapBytes = (): number => {
  // The second one takes what the first has only found to be garbage.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** How long the event loop did nothing else at a stretch, by the clock and by the CPU of its thread. */
export type Stalls = { readonly longestStallMs: number; readonly longestStallCpuMs: number };

/**
 * Measures that by a timer that should come each millisecond. On a machine that does other things, too, the clock tells of
 * those; the CPU tells of this process alone.
 */
export const watchForStalls = (): { readonly stop: () => Stalls } => {
  let longest: Stalls = { longestStallMs: 0, longestStallCpuMs: 0 };
  let before = { atMs: performance.now(), cpuMs: threadCpuMs() };
  const look = (): void => {
    const now = { atMs: performance.now(), cpuMs: threadCpuMs() };
    longest = {
      longestStallMs: Math.max(longest.longestStallMs, now.atMs - before.atMs),
      longestStallCpuMs: Math.max(longest.longestStallCpuMs, now.cpuMs - before.cpuMs),
    };
    before = now;
  };
  const timer = setInterval(look, 1);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return longest;
    },
  };
};

const threadCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
