import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What a client program is to do: a command, how often, and what to do with its output. */
export type ExecWork = {
  readonly execs: number;
  readonly command: readonly string[];
  /** Hash the output. Without it, bytes are only counted: a hash would cost more than what is measured. */
  readonly check: boolean;
  readonly stdinBytes: number;
  /** Each line of the output is the time of its writing in nanoseconds: tell how old lines are, not how long execs take. */
  readonly lag: boolean;
  /** Read no faster than this; 0 is as fast as it comes. */
  readonly bytesPerSecond: number;
  /** Read nothing for so long, once a tenth has come. */
  readonly stallMs: number;
};

/** What it prints: the same as the Go reference. */
export type ExecMeasured = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly idleRssBytes?: number;
  readonly count: number;
  readonly sha256?: string;
  readonly latencyMs: readonly number[];
};

/** The pod of the work, as the environment names it. */
export const execTarget = {
  namespace: process.env['BENCH_NAMESPACE'] ?? '',
  pod: process.env['BENCH_POD'] ?? '',
  container: process.env['BENCH_CONTAINER'] ?? '',
};

/** Reads the arguments of a client program: options, `--`, the command. */
export const parseWork = (argv: readonly string[]): ExecWork => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      execs: { type: 'string', default: '1' },
      check: { type: 'boolean', default: false },
      stdin: { type: 'string', default: '0' },
      lag: { type: 'boolean', default: false },
      rate: { type: 'string', default: '0' },
      stall: { type: 'string', default: '0' },
    },
  });
  const { execs, check, lag, stdin, rate, stall } = values;
  return {
    execs: Number(execs),
    command: positionals,
    check,
    lag,
    stdinBytes: Number(stdin),
    bytesPerSecond: Number(rate),
    stallMs: Number(stall),
  };
};

/** Counts what comes, hashes it when it is to be checked, and reads the stamps of its lines when they are to be timed. */
export class Tally {
  count = 0;
  /** How old lines were when they came. */
  readonly lagMs: number[] = [];
  readonly #hash;
  readonly #lag;
  #rest = '';

  constructor({ check, lag }: Pick<ExecWork, 'check' | 'lag'>) {
    this.#hash = check ? createHash('sha256') : undefined;
    this.#lag = lag;
  }

  add(bytes: Uint8Array): void {
    this.count += bytes.length;
    this.#hash?.update(bytes);
    if (this.#lag) this.#read(bytes);
  }

  #read(bytes: Uint8Array): void {
    const nowMs = performance.timeOrigin + performance.now();
    const lines = (this.#rest + Buffer.from(bytes).toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.lagMs.push(nowMs - Number(line) / 1e6);
  }

  get sha256(): { readonly sha256?: string } {
    return this.#hash ? { sha256: this.#hash.digest('hex') } : {};
  }
}
