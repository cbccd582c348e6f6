import { parseArgs } from 'node:util';

/** A command line, understood. */
export interface Options {
  readonly on: 'sim' | 'real';
  readonly seed: number;
  readonly tries: number;
  readonly help: boolean;
}

/** What `--help` prints. */
export const help = `Seeded faults: runs commands through a TCP proxy that spoils their connections, and counts what goes wrong.

Usage: npm run -s chaos -- exec-stream [options]

Options
  --on sim|real   the simulator, or the cluster of KUBECONFIG (default: sim)
  --seed N        draws the same faults again (default: drawn and printed)
  --tries N       durable runs in all (default: 1000 on sim, 200 on real)
  --quick         70 tries
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
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { on } = values;
  if (on !== 'sim' && on !== 'real') throw new TypeError(`--on: expected sim or real, got ${on}`);
  if (!values.help && (positionals.length !== 1 || positionals[0] !== 'exec-stream')) {
    throw new TypeError(`expected exec-stream, got ${positionals.join(' ') || 'nothing'}`);
  }
  return {
    on,
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('--seed', values.seed),
    tries:
      values.tries === undefined ? (values.quick ? 70 : on === 'sim' ? 1000 : 200) : whole('--tries', values.tries),
    help: values.help,
  };
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new TypeError(`${name}: expected a whole number, got ${text}`);
  return Number(text);
}
