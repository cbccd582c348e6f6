import { parseArgs } from 'node:util';

/** A command line, understood. */
export interface Options {
  readonly what: 'exec-stream' | 'jobs';
  readonly on: 'sim' | 'real';
  readonly seed: number;
  readonly tries: number;
  /** Name of the cluster of tools/cluster whose programs are killed, for jobs on `real`. */
  readonly cluster: string;
  /** Only faults whose name has this in it. */
  readonly only: string | undefined;
  readonly keep: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const help = `Seeded faults, and a count of what goes wrong.

Usage: npm run -s chaos -- exec-stream|jobs [options]

  exec-stream   commands through a TCP proxy that spoils their connections
  jobs          whole jobs, while programs are killed, networks cut, pods deleted, evicted and filled, and clocks jump

Options
  --on sim|real   the simulator, or the cluster of KUBECONFIG (default: sim)
  --seed N        draws the same faults again (default: drawn and printed)
  --tries N       exec-stream: durable runs in all (default: 1000 on sim, 200 on real)
                  jobs: of each fault (default: 500 on sim, 20 on real)
  --quick         exec-stream: 70 tries; jobs: 12 of each fault on sim, 3 on real
  --only TEXT     jobs: only faults with this in their name
  --cluster NAME  jobs on real: a cluster of tools/cluster, which has to be its own (default: chaos)
  --keep          jobs: keep the logs of the api-server and the traces of the jobs
  --help, -h      this text

Exit: 0 without a violation, 1 with one, 2 for a command line that cannot be understood.
`;

/** Understands a command line. @throws TypeError for one that cannot be understood */
export function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      on: { type: 'string', default: 'sim' },
      seed: { type: 'string' },
      tries: { type: 'string' },
      only: { type: 'string' },
      cluster: { type: 'string', default: 'chaos' },
      keep: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { on, only, cluster, keep } = values;
  const [what = 'exec-stream'] = positionals;
  if (on !== 'sim' && on !== 'real') throw new TypeError(`--on: expected sim or real, got ${on}`);
  if ((!values.help && positionals.length !== 1) || (what !== 'exec-stream' && what !== 'jobs')) {
    throw new TypeError(`expected exec-stream or jobs, got ${positionals.join(' ') || 'nothing'}`);
  }
  return {
    what,
    on,
    only,
    cluster,
    keep,
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('--seed', values.seed),
    tries:
      values.tries === undefined
        ? defaultTries[what][values.quick ? 'quick' : 'full'][on]
        : whole('--tries', values.tries),
    help: values.help,
  };
}

const defaultTries = {
  'exec-stream': { full: { sim: 1000, real: 200 }, quick: { sim: 70, real: 70 } },
  jobs: { full: { sim: 500, real: 20 }, quick: { sim: 12, real: 3 } },
} as const;

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new TypeError(`${name}: expected a whole number, got ${text}`);
  return Number(text);
}
