import type { RunSpec } from '../types.ts';
import { processes } from './processes.ts';
import { relay } from './relay.ts';
import { runState } from './run-state.ts';
import { atomicProgram, quote, sh } from './shell.ts';
import { supervisor } from './supervisor.ts';

/**
 * Words of the exec. Only names and paths are in them, because they end in URLs and audit logs; the program comes over stdin.
 * `run` is `$0` of nothing: it tells a reader of an audit log what this is.
 */
export const launcherArgv = (operation: string, args: readonly string[]): string[] => [
  'sh',
  '-s',
  '--',
  ...args,
  `danube:${operation}`,
];

const start = sh`
dnb_umask=$(umask)
umask 007
mkdir -p "$dnb_d" || exit 1
dnb_reply=
[ -L "$dnb_d/claim" ] || dnb_reply=$(dnb_supervise &)
if [ -n "$dnb_reply" ]; then
  echo "$dnb_reply"
else
  dnb_look
  echo "danube:$dnb_where"
fi
`;

const kill = sh`
dnb_look
dnb_count=0
if [ "$dnb_where" != absent ]; then
  ln -s killed "$dnb_d/reason" 2>/dev/null
  dnb_end "$dnb_grace"
fi
echo "danube:$dnb_where $dnb_count"
`;

const probe = sh`
dnb_look
echo "danube:$dnb_where"
`;

/** Program that claims a run and starts it, or says where it stands. Arguments: directory, id, working directory. */
export function startProgram(spec: RunSpec, nonce: string): string {
  const timeout = spec.timeoutMs === undefined ? '' : String(spec.timeoutMs / 1000);
  return atomicProgram(
    `dnb_nonce=${nonce} dnb_workdir=$3 dnb_timeout=${timeout}`,
    `dnb_timeout_s=${Math.ceil(Number(timeout))} dnb_grace=${centis(spec.graceMs ?? DEFAULT_GRACE_MS)}`,
    `dnb_blocks=${spec.maxOutputBytes === undefined ? '' : Math.ceil(spec.maxOutputBytes / ULIMIT_BLOCK_BYTES)}`,
    runState,
    processes,
    supervisor,
    environment(spec.env ?? {}),
    command(spec.run),
    start,
  );
}

/** Program that ends a run's processes and counts those it could not end. Arguments: directory, id. */
export const killProgram = (graceMs: number): string =>
  atomicProgram(`dnb_grace=${centis(graceMs)}`, runState, processes, kill);

/** Program that ends the processes with this cookie. No arguments. */
export const endByCookieProgram = (cookie: string, graceMs: number): string =>
  atomicProgram(
    `dnb_cookie=${cookie} dnb_leader=none dnb_count=0 dnb_grep=`,
    processes,
    [`dnb_end ${centis(graceMs)}`, 'echo "danube:$dnb_count"'].join('\n'),
  );

/** Program that sends a run's journal. Arguments: directory, id, offset of stdout, offset of stderr. */
export const relayProgram = (): string => atomicProgram(runState, processes, relay);

/** Program that says where a run stands. Arguments: directory, id. */
export const probeProgram = (): string => atomicProgram(runState, processes, probe);

/** POSIX says so; bash outside of its POSIX mode takes 1 KiB. */
const ULIMIT_BLOCK_BYTES = 512;
const DEFAULT_GRACE_MS = 10_000;
const centis = (ms: number): number => Math.ceil(ms / 10);

function environment(env: Readonly<Record<string, string>>): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`);
  return `dnb_environment() {\n:\n${exports.join('\n')}\n}`;
}

function command(run: string | readonly string[]): string {
  const words = typeof run === 'string' ? '"$dnb_sh" -e "$dnb_d/script"' : run.map(quote).join(' ');
  const script = typeof run === 'string' ? `printf '%s' ${quote(run)} >"$dnb_d/script"` : ':';
  return [
    'dnb_setsid=$(command -v setsid)',
    `dnb_script() {\n${script}\n}`,
    `dnb_command() {\nif [ -n "$dnb_setsid" ]; then exec "$dnb_setsid" ${words}; else exec ${words}; fi\n}`,
  ].join('\n');
}
