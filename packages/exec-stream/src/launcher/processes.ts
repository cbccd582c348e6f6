import { sh } from './shell.ts';

/**
 * Shell functions that know about processes. A run's processes are found three ways at once, because each can be escaped alone:
 * the cookie in their environment, the session of the command, and descent from one of those. Reading `/proc` in one `cat` keeps
 * a scan at a few milliseconds. All names begin with `dnb_`, so that they meet no variable of the container.
 */
export const processes = sh`
# dnb_stat PID: sets dnb_ppid dnb_session dnb_start dnb_state
dnb_stat() {
  { IFS= read -r dnb_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  dnb_fields "$dnb_line"
}
# The command name is in parentheses and may hold anything: fields begin after the last one.
dnb_fields() {
  dnb_rest=\${1##*) }
  set -- $dnb_rest
  dnb_state=$1 dnb_ppid=$2 dnb_session=$4 dnb_start=\${20}
}
# dnb_alive PID START: the same process, not another one with its number
dnb_alive() {
  dnb_stat "$1" && [ "$dnb_start" = "$2" ] && [ "$dnb_state" != Z ] && [ "$dnb_state" != X ]
}
# Processes that carry the cookie, as " 12 34 ". Without -F: busybox then sees a line only up to its first NUL. Stdin is the test
# of that: where grep does not find it, a command substitution drops NULs in every shell, at the price of one fork for each process.
dnb_by_cookie() {
  dnb_cookies=' ' dnb_grep=
  for dnb_f in $(
    printf 'a\0DANUBE_RUN=%s\0' "$dnb_cookie" | grep -l "DANUBE_RUN=$dnb_cookie" /proc/[0-9]*/environ - 2>/dev/null
  ); do
    case $dnb_f in /*) dnb_carrier ;; *) dnb_grep=works ;; esac
  done
  [ -z "$dnb_grep" ] || return 0
  for dnb_f in /proc/[0-9]*/environ; do
    case $(cat "$dnb_f") in *"DANUBE_RUN=$dnb_cookie"*) dnb_carrier ;; esac
  done 2>/dev/null
}
dnb_carrier() {
  dnb_f=\${dnb_f#/proc/}
  dnb_cookies="$dnb_cookies\${dnb_f%/environ} "
}
# Sets dnb_found (" 12 34 ") and dnb_count; fails when there is none.
dnb_tree() {
  dnb_by_cookie
  dnb_found=' ' dnb_count=0 dnb_all=
  dnb_ifs=$IFS
  IFS='
'
  for dnb_line in $(cat /proc/[0-9]*/stat 2>/dev/null); do
    IFS=$dnb_ifs
    dnb_pid=\${dnb_line%% *}
    dnb_fields "$dnb_line"
    case $dnb_state in Z | X) continue ;; esac
    case "$dnb_cookies" in
      *" $dnb_pid "*) dnb_add ;;
      *) if [ "$dnb_session" = "$dnb_leader" ]; then dnb_add; else dnb_all="$dnb_all $dnb_pid:$dnb_ppid"; fi ;;
    esac
  done
  IFS=$dnb_ifs
  dnb_before=0
  while [ "$dnb_before" != "$dnb_count" ]; do
    dnb_before=$dnb_count
    for dnb_pair in $dnb_all; do
      dnb_pid=\${dnb_pair%:*}
      case "$dnb_found" in
        *" $dnb_pid "*) ;;
        *" \${dnb_pair#*:} "*) dnb_add ;;
      esac
    done
  done
  [ "$dnb_count" != 0 ]
}
dnb_add() {
  dnb_found="$dnb_found$dnb_pid "
  dnb_count=$((dnb_count + 1))
}
# dnb_children PID...: sets dnb_found to the children of these
dnb_children() {
  dnb_parents=" $* " dnb_found=' ' dnb_count=0
  dnb_ifs=$IFS
  IFS='
'
  for dnb_line in $(cat /proc/[0-9]*/stat 2>/dev/null); do
    IFS=$dnb_ifs
    dnb_pid=\${dnb_line%% *}
    dnb_fields "$dnb_line"
    case "$dnb_parents" in *" $dnb_ppid "*) dnb_add ;; esac
  done
  IFS=$dnb_ifs
}
dnb_nap() { sleep 0.04 2>/dev/null || sleep 1; }
# dnb_end CENTISECONDS: TERM, up to that long, KILL until none is left; dnb_count is what could not be killed
dnb_end() {
  dnb_tree || return 0
  kill -s TERM $dnb_found 2>/dev/null
  kill -s CONT $dnb_found 2>/dev/null
  dnb_now
  dnb_until=$((dnb_centis + $1))
  while [ "$dnb_centis" -lt "$dnb_until" ]; do
    dnb_nap
    dnb_tree || return 0
    dnb_now
  done
  dnb_round=0
  while dnb_tree && [ "$dnb_round" -lt 100 ]; do
    kill -s KILL $dnb_found 2>/dev/null
    dnb_round=$((dnb_round + 1))
    dnb_nap
  done
}
# Monotonic time in 1/100 s
dnb_now() {
  read -r dnb_up dnb_rest </proc/uptime
  dnb_frac=\${dnb_up#*.}
  dnb_centis=$((\${dnb_up%.*} * 100 + \${dnb_frac#0}))
}
`;
