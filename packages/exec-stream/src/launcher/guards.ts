import { sh } from './shell.ts';

/**
 * What ends a run that does not end by itself. Expects `dnb_timeout` and `dnb_timeout_s` (seconds, the first may have a fraction or be
 * empty), `dnb_lease` (1/100 s, may be empty), `dnb_lease_look` (seconds) and `dnb_grace` (1/100 s).
 *
 * They are forked while TERM is not ignored: an ignored signal would be lost.
 */
export const guards = sh`
# dnb_because REASON: fails when there is another reason already
# (noclobber is the atomic act; echo, because a failed redirection of \`:\` would end the shell)
dnb_because() {
  set -C
  { echo "$1" >"$dnb_d/reason"; } 2>/dev/null
  dnb_new=$?
  set +C
  return "$dnb_new"
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
dnb_guard_time() {
  dnb_timer "$dnb_timeout" || dnb_timer "$dnb_timeout_s"
  dnb_because timeout && dnb_end "$dnb_grace"
}
# Who watches writes something else into the lease from time to time.
dnb_guard_lease() {
  dnb_seen= dnb_renewed=0
  while dnb_timer "$dnb_lease_look"; do
    dnb_word=
    { read -r dnb_word <"$dnb_d/lease"; } 2>/dev/null
    dnb_now
    if [ "$dnb_word" != "$dnb_seen" ]; then dnb_seen=$dnb_word dnb_renewed=$dnb_centis
    elif [ $((dnb_centis - dnb_renewed)) -ge "$dnb_lease" ]; then
      dnb_because orphaned && dnb_end "$dnb_grace"
      return
    fi
  done
}
dnb_start_guards() {
  dnb_guards=
  trap - TERM
  if [ -n "$dnb_timeout" ]; then
    dnb_guard_time &
    dnb_guards=$!
  fi
  if [ -n "$dnb_lease" ]; then
    dnb_guard_lease &
    dnb_guards="$dnb_guards $!"
  fi
  trap '' TERM
}
dnb_stop_guards() { [ -z "$dnb_guards" ] || kill -s TERM $dnb_guards; } 2>/dev/null
# dnb_wait_pumps: a process that escaped the search may hold a pipe open; it must not hold the end.
dnb_wait_pumps() {
  [ ! -e "$dnb_d/out.end" ] || [ ! -e "$dnb_d/err.end" ] || return 0
  trap - TERM
  dnb_stop_pumps &
  dnb_patience=$!
  trap '' TERM
  wait "$dnb_pump_out"
  wait "$dnb_pump_err"
  kill -s TERM "$dnb_patience" 2>/dev/null
}
dnb_stop_pumps() {
  dnb_timer 2
  dnb_children "$dnb_pump_out" "$dnb_pump_err"
  kill -s KILL "$dnb_pump_out" "$dnb_pump_err" $dnb_found 2>/dev/null
}
`;
