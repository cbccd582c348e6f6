import { sh } from './shell.ts';

/**
 * The launcher. Expects `dnb_d`, `dnb_nonce`, `dnb_umask`, `dnb_workdir`, `dnb_timeout` (seconds, may be empty), `dnb_grace`
 * (1/100 s), `dnb_blocks` (may be empty) and the functions `dnb_script` (prints the script, if any), `dnb_environment` (exports) and `dnb_command` (sets the
 * words to run). Its stdout is the way to say how the start went; it is let go as soon as that is said.
 *
 * The command writes to pipes, not to the files: a program that opens /dev/stderr anew would truncate a file. The pipes are
 * opened read-write first, because opening one end of a FIFO alone waits for the other; all their ends are open before
 * anything is forked, because the names are removed at once.
 * A helper that must be stopped by TERM is forked while TERM is not ignored: an ignored signal would be lost.
 */
export const supervisor = sh`
dnb_memory() {
  dnb_peak= dnb_oom=0
  for dnb_f in /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes; do
    { read -r dnb_peak <"$dnb_f"; } 2>/dev/null && break
  done
  for dnb_f in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$dnb_f" ] && while read -r dnb_key dnb_value; do
      [ "$dnb_key" = oom_kill ] && dnb_oom=$dnb_value
    done <"$dnb_f" && break
  done
}
dnb_date() {
  dnb_time=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  case $dnb_time in *[0-9][0-9][0-9]Z) ;; *) dnb_time=$(date -u +%Y-%m-%dT%H:%M:%SZ) ;; esac
}
# dnb_pump NAME FD: a full volume must not stop the command, but it must be told
# (redirections by exec: those of a call are kept aside by the shell, and a kept write end would hold the pipe open)
dnb_pump() {
  exec <&"$2" >/dev/null 6>&- 7>&- 8<&- 9<&-
  # Beyond the cap a write fails, as on a full volume.
  trap '' XFSZ
  [ -z "$dnb_blocks" ] || ulimit -f "$dnb_blocks"
  cat >>"$dnb_d/$1" && return
  : >"$dnb_d/$1.cut"
  cat >/dev/null
}
# dnb_timer SECONDS: sleeps, unless it is sent TERM; fails when sleep does
dnb_timer() {
  dnb_other=$!
  trap '[ "$!" = "$dnb_other" ] || kill -s KILL "$!"; exit 0' TERM
  sleep "$1" &
  wait "$!"
  dnb_slept=$?
  trap '' TERM
  return "$dnb_slept"
}
dnb_enforce() {
  dnb_timer "$dnb_timeout" || dnb_timer "$dnb_timeout_s"
  ln -s timeout "$dnb_d/reason" && dnb_end "$dnb_grace"
}
dnb_run() {
  umask "$dnb_umask"
  exec </dev/null >&6 2>&7 6>&- 7>&-
  trap - HUP INT QUIT TERM
  dnb_sh=$(command -v sh)
  dnb_environment
  DANUBE_RUN=$dnb_cookie
  export DANUBE_RUN
  if [ -n "$dnb_workdir" ]; then cd "$dnb_workdir" || exit 126; fi
  dnb_command
}
dnb_fail() {
  echo "danube:failed $1"
  exit 0
}
dnb_supervise() {
  exec </dev/null 2>/dev/null
  trap '' HUP INT QUIT TERM
  dnb_stat self || dnb_fail 'cannot read /proc'
  dnb_self=\${dnb_line%% *}
  dnb_cookie=$dnb_nonce
  ln -s "$dnb_self.$dnb_start.$dnb_cookie" "$dnb_d/claim" 2>/dev/null || exit 0
  dnb_script || dnb_fail 'cannot write to the control directory'
  : >"$dnb_d/out" && : >"$dnb_d/err" && mkfifo "$dnb_d/out.pipe" "$dnb_d/err.pipe" || dnb_fail 'cannot write to the control directory'
  exec 4<>"$dnb_d/out.pipe" 5<>"$dnb_d/err.pipe"
  exec 6>"$dnb_d/out.pipe" 7>"$dnb_d/err.pipe" 8<"$dnb_d/out.pipe" 9<"$dnb_d/err.pipe" 4>&- 5>&-
  rm -f "$dnb_d/out.pipe" "$dnb_d/err.pipe"
  dnb_pump out 8 &
  dnb_pump_out=$!
  dnb_pump err 9 &
  dnb_pump_err=$!
  exec 8<&- 9<&-
  dnb_memory
  dnb_oom_before=$dnb_oom
  dnb_date
  dnb_started=$dnb_time
  dnb_now
  dnb_began=$dnb_centis
  echo "$dnb_started" >"$dnb_d/started.tmp" && mv "$dnb_d/started.tmp" "$dnb_d/started" || dnb_fail 'cannot write to the control directory'
  dnb_run &
  dnb_leader=$!
  exec 6>&- 7>&-
  echo "$dnb_leader" >"$dnb_d/pid"
  echo danube:started
  exec >/dev/null
  dnb_enforcer=
  if [ -n "$dnb_timeout" ]; then
    trap - TERM
    dnb_enforce &
    dnb_enforcer=$!
    trap '' TERM
  fi
  wait "$dnb_leader" 2>"$dnb_d/signal"
  dnb_code=$?
  ln -s exit "$dnb_d/reason" 2>/dev/null
  dnb_reason=$(readlink "$dnb_d/reason")
  dnb_limit=$dnb_grace
  [ "$dnb_reason" = exit ] && [ "$dnb_limit" -gt 100 ] && dnb_limit=100
  dnb_strays=0 dnb_count=0
  if dnb_tree; then
    dnb_strays=$dnb_count
    dnb_end "$dnb_limit"
  fi
  dnb_survivors=$dnb_count
  [ -z "$dnb_enforcer" ] || kill -s TERM "$dnb_enforcer" 2>/dev/null
  # A process that escaped the search may hold a pipe open; it must not hold the end.
  trap - TERM
  dnb_patience &
  dnb_patience=$!
  trap '' TERM
  wait "$dnb_pump_out"
  wait "$dnb_pump_err"
  kill -s TERM "$dnb_patience" 2>/dev/null
  dnb_now
  dnb_took=$(((dnb_centis - dnb_began) * 10))
  dnb_date
  dnb_memory
  dnb_round=0
  until dnb_record >"$dnb_d/exit.tmp" && mv "$dnb_d/exit.tmp" "$dnb_d/exit.json"; do
    dnb_round=$((dnb_round + 1))
    [ "$dnb_round" -lt 60 ] || exit 1
    sleep 1
  done 2>/dev/null
  exit 0
}
dnb_patience() {
  dnb_timer 2
  kill -s KILL "$dnb_pump_out" "$dnb_pump_err"
}
dnb_sizes() {
  dnb_out=$(stat -c %s "$dnb_d/out" 2>/dev/null) || dnb_out=$(wc -c <"$dnb_d/out")
  dnb_err=$(stat -c %s "$dnb_d/err" 2>/dev/null) || dnb_err=$(wc -c <"$dnb_d/err")
}
dnb_record() {
  dnb_signal=null
  if [ -s "$dnb_d/signal" ]; then
    dnb_signal="\"SIG$(kill -l "$((dnb_code - 128))")\""
    dnb_code=null
  fi
  dnb_sizes
  dnb_more=
  [ -z "$dnb_peak" ] || dnb_more="$dnb_more,\"memoryPeakBytes\":$dnb_peak"
  [ "$dnb_oom" = "$dnb_oom_before" ] || dnb_more="$dnb_more,\"oomKills\":$((dnb_oom - dnb_oom_before))"
  [ "$dnb_strays" = 0 ] || dnb_more="$dnb_more,\"strays\":$dnb_strays"
  [ "$dnb_survivors" = 0 ] || dnb_more="$dnb_more,\"survivors\":$dnb_survivors"
  if [ -e "$dnb_d/out.cut" ] || [ -e "$dnb_d/err.cut" ]; then
    dnb_cut=
    [ -e "$dnb_d/out.cut" ] && dnb_cut='"stdout"'
    [ -e "$dnb_d/err.cut" ] && dnb_cut="$dnb_cut\${dnb_cut:+,}\"stderr\""
    dnb_more="$dnb_more,\"incomplete\":[$dnb_cut]"
  fi
  printf '{"code":%s,"signal":%s,"reason":"%s","bytes":{"stdout":%s,"stderr":%s},"startedAt":"%s","finishedAt":"%s","durationMs":%s%s}\n' \
    "$dnb_code" "$dnb_signal" "$dnb_reason" "$dnb_out" "$dnb_err" "$dnb_started" "$dnb_time" "$dnb_took" "$dnb_more"
}
`;
