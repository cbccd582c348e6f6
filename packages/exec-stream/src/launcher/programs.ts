import type { RunSpec, StreamBytes } from '../types.ts';
import { guards } from './guards.ts';
import { processes } from './processes.ts';
import { pump } from './pump.ts';
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

/** Sets `dnb_where`; when it is `started`, the launcher is `dnb_launcher`. Ends the shell when there is nothing to look at. */
const launch = sh`
dnb_launch() {
  dnb_umask=$(umask)
  umask 007
  dnb_launcher= dnb_word=
  if [ ! -L "$dnb_d/claim" ]; then
    dnb_pipes=$dnb_d/$dnb_nonce.$$
    [ -d "$dnb_d" ] || mkdir -p "$dnb_d" || exit 1
    mkfifo "$dnb_pipes.out" "$dnb_pipes.err" "$dnb_pipes.wake" || exit 1
    exec 5<>"$dnb_pipes.wake"
    dnb_supervise &
    dnb_launcher=$!
    # Its death is the end of this pipe.
    exec 6<"$dnb_pipes.wake" 5>&-
    read -r dnb_word dnb_detail <&6
  fi
  dnb_where=$dnb_word
  case $dnb_word in
    started | failed) ;;
    *)
      dnb_launcher=
      dnb_look
      ;;
  esac
}
dnb_remove_pipes() { [ -z "$dnb_pipes" ] || rm -f "$dnb_pipes.out" "$dnb_pipes.err" "$dnb_pipes.wake"; }
`;

const start = sh`
dnb_pipes=
dnb_launch
if [ "$dnb_where" = failed ]; then dnb_where="failed $dnb_detail"; fi
echo "danube:$dnb_where"
dnb_remove_pipes
`;

const run = sh`
dnb_pipes=
dnb_launch
case $dnb_where in
  started) echo 's 0' ;;
  running) echo 's 1' ;;
  exited) echo 's 2' ;;
  lost) echo 's 3' ;;
  absent) exit 1 ;;
  *) printf 'f %s\n%s' "\${#dnb_detail}" "$dnb_detail" ;;
esac
if [ -n "$dnb_launcher" ]; then exec 5>"$dnb_pipes.wake"; fi
dnb_remove_pipes </dev/null >/dev/null 2>&1 &
if [ "$dnb_where" != failed ]; then dnb_relay "$4" "$5"; fi
`;

const attach = sh`
dnb_launcher=
dnb_relay "$3" "$4"
`;

const kill = sh`
dnb_look
dnb_count=0
if [ "$dnb_where" != absent ]; then
  dnb_because killed
  # A command that is about to start cannot be found yet.
  dnb_round=0
  until [ "$dnb_where" != running ] || dnb_tree || [ "$dnb_round" -ge 50 ]; do
    dnb_round=$((dnb_round + 1))
    dnb_nap
    dnb_look
  done
  dnb_end "$dnb_grace"
fi
echo "danube:$dnb_where $dnb_count"
`;

const probe = sh`
dnb_look
echo "danube:$dnb_where"
`;

/** What a launcher needs to know of a run. The nonce is its cookie. */
function launcher(spec: RunSpec, nonce: string): string {
  const timeout = spec.timeoutMs === undefined ? '' : String(spec.timeoutMs / 1000);
  const cap = spec.maxOutputBytes;
  return [
    `dnb_nonce=${nonce} dnb_workdir=$3 dnb_grace=${centis(spec.graceMs ?? DEFAULT_GRACE_MS)}`,
    `dnb_timeout=${timeout} dnb_timeout_s=${Math.ceil(Number(timeout))}`,
    spec.orphanAfterMs === undefined
      ? 'dnb_lease='
      : `dnb_lease=${centis(spec.orphanAfterMs)} dnb_lease_look=${Math.max(1, Math.floor(spec.orphanAfterMs / 4000))}`,
    `dnb_cap=${cap ?? ''} dnb_full=${spec.whenFull ?? 'backpressure'} dnb_step=${stepBytes(spec)}`,
    runState,
    processes,
    guards,
    pump,
    supervisor,
    command(spec, nonce),
    launch,
  ].join('\n');
}

/** Program that claims a run and starts it, or says where it stands. Arguments: directory, id, working directory. */
export const startProgram = (spec: RunSpec, nonce: string): string => atomicProgram(launcher(spec, nonce), start);

/** The same, and sends the run's journal. Arguments: directory, id, working directory, offset of stdout, offset of stderr. */
export const runProgram = (spec: RunSpec, nonce: string): string => atomicProgram(launcher(spec, nonce), relay, run);

/** Program that sends a run's journal. Arguments: directory, id, offset of stdout, offset of stderr. */
export const relayProgram = (): string => atomicProgram(runState, processes, relay, attach);

/** Program that ends a run's processes and counts those it could not end. Arguments: directory, id. */
export const killProgram = (graceMs: number): string =>
  atomicProgram(`dnb_grace=${centis(graceMs)}`, runState, processes, guards, kill);

/** Program that ends the processes with this cookie. No arguments. */
export const endByCookieProgram = (cookie: string, graceMs: number): string =>
  atomicProgram(
    `dnb_cookie=${cookie} dnb_leader=none dnb_count=0`,
    processes,
    [`dnb_end ${centis(graceMs)}`, 'echo "danube:$dnb_count"'].join('\n'),
  );

/** Program that says where a run stands. Arguments: directory, id. */
export const probeProgram = (): string => atomicProgram(runState, processes, probe);

/** Arguments of {@link relayProgram}. */
export const offsetArgs = ({ stdout, stderr }: StreamBytes): string[] => [String(stdout), String(stderr)];

const DEFAULT_GRACE_MS = 10_000;
const MAX_STEP_BYTES = 16 * 1024 * 1024;
const centis = (ms: number): number => Math.ceil(ms / 10);

/**
 * What a pump writes between two looks at the room that is left, and the least size of a file of the journal. At a quarter of the cap,
 * a reader that has acknowledged everything has always made room for the next step.
 */
const stepBytes = ({ maxOutputBytes, whenFull }: RunSpec): number =>
  maxOutputBytes === undefined || whenFull === 'truncate'
    ? MAX_STEP_BYTES
    : Math.max(1, Math.min(MAX_STEP_BYTES, Math.floor(maxOutputBytes / 4)));

/**
 * The command. Programs of ours are looked up before its PATH is set, if it has one; the words are set before its environment is,
 * which may hold any name.
 */
function command({ run, env = {} }: RunSpec, nonce: string): string {
  const script = typeof run === 'string' ? `printf '%s' ${quote(run)} >"$dnb_d/script"` : ':';
  const words = typeof run === 'string' ? '"$dnb_sh" -e "$dnb_d/script"' : run.map(quote).join(' ');
  const lookUp = Object.hasOwn(env, 'PATH')
    ? 'dnb_sh=$(command -v sh) dnb_setsid=$(command -v setsid)'
    : 'dnb_sh=sh dnb_setsid=setsid; command -v setsid >/dev/null || dnb_setsid=';
  return [
    `dnb_script() {\n${script}\n}`,
    'dnb_command() {',
    lookUp,
    `set -- ${words}`,
    '[ -z "$dnb_setsid" ] || set -- "$dnb_setsid" "$@"',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `export DANUBE_RUN=${nonce}`,
    'exec "$@"',
    '}',
  ].join('\n');
}
