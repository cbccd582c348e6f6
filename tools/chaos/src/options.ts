import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';

/** A command line, understood. */
export interface Options {
  readonly what: 'exec-stream' | 'jobs';
  readonly on: 'sim' | 'real';
  readonly seed: number;
  /** Absent: what belongs to each scenario or fault. */
  readonly tries: number | undefined;
  readonly quick: boolean;
  /** Only this scenario of exec-stream. */
  readonly scenario: string | undefined;
  /** Name of the cluster of tools/cluster whose programs are killed, for jobs on `real`. */
  readonly cluster: string;
  /** Only faults whose name has this in it. */
  readonly only: string | undefined;
  readonly keep: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const help = `Seeded faults, and a count of what goes wrong.

Usage: npm run -s chaos -- exec-stream|jobs [options]

  exec-stream   commands, while connections are cut, programs killed, readers slow and servers lie
  jobs          whole jobs, while programs are killed, networks cut, pods deleted, evicted and filled, and clocks jump

Options
  --on sim|real   the simulator, or the cluster of KUBECONFIG (default: sim)
  --seed N        draws the same faults again (default: drawn and printed)
  --scenario NAME exec-stream: only cuts, starts, kills, exits, slow-reader, stalled-readers, leaks or liars
  --tries N       exec-stream: of each scenario; for slow-reader the MiB (default: enough to prove it, e.g. 1000 durable
                  runs under cuts on sim and 200 on real, 5000 execs, 10240 MiB, 10000 sessions)
                  jobs: of each fault (default: 500 on sim, 20 on real)
  --quick         small numbers: exec-stream in some minutes; jobs 12 of each fault on sim, 3 on real
  --only TEXT     jobs: only faults with this in their name
  --cluster NAME  on real: the cluster of tools/cluster whose programs are killed, which has to be its own (default: chaos)
  --keep          jobs: keep the logs of the api-server and the traces of the jobs
  --json          one object per line instead of a table, to be added up over several seeds
  --help, -h      this text

Progress goes to stderr. Ctrl-C ends all that was started.

Exit: 0 without a violation, 1 with one, 2 for a command line that cannot be understood, 130 after Ctrl-C.
`;

/** Understands a command line. @throws UsageError for one that cannot be understood */
export function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = read(argv);
  const { on, only, cluster, keep, json, quick, scenario } = values;
  const [what = 'exec-stream'] = positionals;
  if (on !== 'sim' && on !== 'real') throw new UsageError(`--on: expected sim or real, got ${on}`);
  if ((!values.help && positionals.length !== 1) || (what !== 'exec-stream' && what !== 'jobs')) {
    throw new UsageError(`expected exec-stream or jobs, got ${positionals.join(' ') || 'nothing'}`);
  }
  return {
    what,
    on,
    only,
    cluster,
    keep,
    json,
    quick,
    scenario,
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('--seed', values.seed),
    tries: values.tries === undefined ? undefined : whole('--tries', values.tries),
    help: values.help,
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        on: { type: 'string', default: 'sim' },
        seed: { type: 'string' },
        tries: { type: 'string' },
        only: { type: 'string' },
        scenario: { type: 'string' },
        cluster: { type: 'string', default: 'chaos' },
        keep: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`${name}: expected a whole number, got ${text}`);
  return Number(text);
}
