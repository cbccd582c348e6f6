import { sh } from './shell.ts';

/**
 * The launcher. Expects `dnb_d`, `dnb_nonce`, `dnb_pipes` (what the names of its pipes begin with), `dnb_umask`, `dnb_workdir`, what the
 * pumps and guards expect, and the functions `dnb_script` (writes the script, if any) and `dnb_command` (execs the command). File descriptor 5 is the way to say how it goes: `started`, `taken` or `failed …`, and `ended`.
 *
 * The command writes to pipes, not to the files: a program that opens /dev/stderr anew would truncate a file. The pipes are
 * opened read-write first, because opening one end of a FIFO alone waits for the other.
 *
 * A process costs about half a millisecond, so what a shell can do by itself is done by itself, and what nobody waits for comes after the
 * command has started.
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
dnb_run() {
  umask "$dnb_umask"
  exec </dev/null >&6 2>&7 5>&- 6>&- 7>&-
  trap - HUP INT QUIT TERM
  if [ -n "$dnb_workdir" ]; then cd "$dnb_workdir" || exit 126; fi
  dnb_command
}
dnb_fail() {
  echo "failed $1" >&5
  exit 0
}
dnb_claim() {
  dnb_stat self || dnb_fail 'cannot read /proc'
  dnb_self=\${dnb_line%% *}
  dnb_cookie=$dnb_nonce
  ln -s "$dnb_self.$dnb_start.$dnb_cookie" "$dnb_d/claim" && return
  echo taken >&5
  exit 0
}
dnb_open_journal() {
  dnb_script && : >"$dnb_d/out.0" && : >"$dnb_d/err.0" || dnb_fail 'cannot write to the control directory'
  [ -z "$dnb_lease" ] || echo 0 >"$dnb_d/lease"
  exec 3<>"$dnb_pipes.out" 4<>"$dnb_pipes.err"
  exec 6>"$dnb_pipes.out" 7>"$dnb_pipes.err" 8<"$dnb_pipes.out" 9<"$dnb_pipes.err" 3>&- 4>&-
  dnb_pump out 8 &
  dnb_pump_out=$!
  dnb_pump err 9 &
  dnb_pump_err=$!
  exec 8<&- 9<&-
}
# (redirections by exec: those of a call are kept aside by the shell, and would hold the streams of the exec open as long as the run)
dnb_supervise() {
  exec </dev/null >/dev/null 2>&1
  trap '' HUP INT QUIT TERM
  dnb_claim
  dnb_open_journal
  dnb_memory
  dnb_oom_before=$dnb_oom
  dnb_now
  dnb_began=$dnb_centis
  dnb_remember
  : >"$dnb_d/started" || dnb_fail 'cannot write to the control directory'
  dnb_run &
  dnb_leader=$!
  exec 6>&- 7>&-
  echo "$dnb_leader" >"$dnb_d/pid"
  # Who started it may be gone already.
  trap '' PIPE
  echo started >&5
  trap - PIPE
  date -u +%Y-%m-%dT%H:%M:%S.%N >"$dnb_d/started" &
  dnb_dater=$!
  dnb_start_guards
  wait "$dnb_leader" 2>"$dnb_d/signal"
  dnb_code=$?
  dnb_because exit
  dnb_end_tree
  dnb_stop_guards
  : >"$dnb_d/ended"
  dnb_wait_pumps
  dnb_write_record
  echo ended >&5
  exit 0
}
# dnb_alone: whether a run left nothing behind, told without a process. What it left came since it started, and is in another session
# than ours, for setsid gave it its own. Only in the first second: later, process numbers may have been used again.
dnb_remember() {
  dnb_before= dnb_own=$dnb_session
  set -- /proc/[0-9]*
  command -v setsid >/dev/null && [ "$#" -lt 200 ] && dnb_before=" $* "
}
dnb_alone() {
  dnb_now
  [ -n "$dnb_before" ] && [ $((dnb_centis - dnb_began)) -lt 100 ] || return 1
  for dnb_f in /proc/[0-9]*; do
    case $dnb_before in *" $dnb_f "*) continue ;; esac
    dnb_stat "\${dnb_f#/proc/}" && [ "$dnb_session" != "$dnb_own" ] || continue
    case $dnb_state in Z | X) ;; *) return 1 ;; esac
  done
}
dnb_end_tree() {
  dnb_why=
  for dnb_round in 1 2 3 4 5 6 7 8 9 10; do
    { read -r dnb_why <"$dnb_d/reason"; } 2>/dev/null && break
    dnb_nap
  done
  dnb_limit=$dnb_grace
  [ "$dnb_why" = exit ] && [ "$dnb_limit" -gt 100 ] && dnb_limit=100
  dnb_strays=0 dnb_count=0
  if ! dnb_alone && dnb_tree; then
    dnb_strays=$dnb_count
    dnb_end "$dnb_limit"
  fi
  dnb_survivors=$dnb_count
}
dnb_write_record() {
  dnb_now
  dnb_took=$(((dnb_centis - dnb_began) * 10))
  dnb_memory
  wait "$dnb_dater"
  dnb_round=0
  until dnb_record >"$dnb_d/exit.tmp" && mv "$dnb_d/exit.tmp" "$dnb_d/exit.json"; do
    dnb_round=$((dnb_round + 1))
    [ "$dnb_round" -lt 60 ] || exit 1
    sleep 1
  done
}
# dnb_length NAME: what its pump wrote. One that had to be stopped did not say it, and may have left something in the pipe.
dnb_length() {
  if ! read -r dnb_bytes dnb_rest <"$dnb_d/$1.end"; then
    dnb_bytes=0 dnb_last=0
    for dnb_f in "$dnb_d/$1".[0-9]*; do
      [ "\${dnb_f##*.}" -lt "$dnb_last" ] || dnb_last=\${dnb_f##*.}
    done
    dnb_bytes=$((dnb_last + $(wc -c <"$dnb_d/$1.$dnb_last")))
    : >"$dnb_d/$1.cut"
    echo "$dnb_bytes $dnb_last" >"$dnb_d/$1.end"
  fi
}
dnb_record() {
  dnb_signal=null
  if [ -s "$dnb_d/signal" ]; then
    dnb_signal="\"SIG$(kill -l "$((dnb_code - 128))")\""
    dnb_code=null
  fi
  dnb_length out
  dnb_out=$dnb_bytes
  dnb_length err
  read -r dnb_time <"$dnb_d/started"
  # busybox has no %N
  case $dnb_time in
    *.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) dnb_time=\${dnb_time%??????} ;;
    *) dnb_time=\${dnb_time%%.*} ;;
  esac
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
  printf '{"code":%s,"signal":%s,"reason":"%s","bytes":{"stdout":%s,"stderr":%s},"startedAt":"%sZ","durationMs":%s%s}\n' \
    "$dnb_code" "$dnb_signal" "\${dnb_why:-killed}" "$dnb_out" "$dnb_bytes" "$dnb_time" "$dnb_took" "$dnb_more"
}
`;
