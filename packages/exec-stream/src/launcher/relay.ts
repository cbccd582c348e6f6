import { sh } from './shell.ts';

/**
 * Sends a run's journal from two offsets on, as frames on stdout: a line with a letter and a length, then that many bytes.
 * `o` and `e` are the streams, `h` says that it is alive, `x` is the exit record and the end. `l` (the run is lost) and `O` and `E` (the
 * journal of this stream begins only at that offset) are an end without one. `s` and `f` come from {@link runProgram}.
 *
 * Each file is opened once and read by `dd` from where the last one stopped, so a frame has exactly the announced length and no offset
 * costs a read from the beginning.
 *
 * What comes on stdin is what the reader tells: `a` and the offsets below which it needs nothing more, and `w` when it is only still there.
 * When stdin ends, the client went away; then the relay is ended, which would otherwise wait for ever in a write.
 */
export const relay = sh`
dnb_seek() {
  dd bs=65536 skip=$(($2 / 65536)) count=0 <&"$1"
  [ $(($2 % 65536)) = 0 ] || dd bs=$(($2 % 65536)) count=1 <&"$1"
} >/dev/null 2>&1
dnb_send() {
  echo "$1 $3"
  if [ "$3" -lt 65536 ]; then dd bs="$3" count=1 <&"$2"; else dd bs=65536 count=$(($3 / 65536)) <&"$2"; fi
} 2>/dev/null
# dnb_part END OFFSET LIMIT: what to send now, in whole blocks if it is more than one
dnb_part() {
  dnb_n=$(($1 - $2))
  [ "$dnb_n" -le "$3" ] || dnb_n=$3
  [ "$dnb_n" -le 65536 ] || dnb_n=$((dnb_n / 65536 * 65536))
}
# dnb_find NAME OFFSET: sets dnb_base to the file that has the byte at this offset
dnb_find() {
  dnb_base= dnb_oldest=
  for dnb_f in "$dnb_d/$1".[0-9]*; do
    dnb_f=\${dnb_f##*.}
    case $dnb_f in *[!0-9]* | 0?*) continue ;; esac
    [ -n "$dnb_oldest" ] && [ "$dnb_oldest" -le "$dnb_f" ] || dnb_oldest=$dnb_f
    [ "$dnb_f" -gt "$2" ] || { [ -n "$dnb_base" ] && [ "$dnb_base" -ge "$dnb_f" ]; } || dnb_base=$dnb_f
  done
  [ -n "$dnb_base" ]
}
# Sets dnb_out and dnb_err to where the open files end
dnb_ends() {
  if [ -n "$dnb_done" ]; then
    read -r dnb_out dnb_last_o <"$dnb_d/out.end"
    read -r dnb_err dnb_last_e <"$dnb_d/err.end"
    [ "$dnb_last_o $dnb_last_e" != "$dnb_base_o $dnb_base_e" ] || return 0
  fi
  if [ ! -s /proc/self/fd/8 ] && [ ! -s /proc/self/fd/9 ]; then
    dnb_out=$dnb_base_o dnb_err=$dnb_base_e
    return
  fi
  dnb_both=$(stat -L -c %s /proc/self/fd/8 /proc/self/fd/9 2>/dev/null) ||
    dnb_both="$(wc -c </proc/self/fd/8) $(wc -c </proc/self/fd/9)"
  dnb_out=$((dnb_base_o + \${dnb_both%%[!0-9]*})) dnb_err=$((dnb_base_e + \${dnb_both##*[!0-9]}))
}
dnb_idle() {
  dnb_now
  if [ "$dnb_centis" -ge "$dnb_beat" ]; then
    echo 'h 0'
    dnb_beat=$((dnb_centis + 300))
    dnb_look
    [ "$dnb_where" != lost ] || dnb_lost=$((dnb_lost + 1))
  fi
  dnb_pause=0.04
  case $dnb_rounds in 0) dnb_pause=0.01 ;; 1) dnb_pause=0.02 ;; esac
  dnb_rounds=$((dnb_rounds + 1))
  [ "$dnb_centis" -lt "$dnb_lazy" ] || dnb_pause=0.12
  dnb_wait
}
# Waits for a while. Where the launcher is our own, its word ends the wait.
dnb_wait() {
  if [ -z "$dnb_launcher" ]; then
    dnb_sleep
    return
  fi
  if [ -z "$dnb_ticking" ]; then
    dnb_ticking=yes
    { dnb_sleep; echo tick; } </dev/null >&5 2>/dev/null 3<&- &
  fi
  read -r dnb_word <&6
  [ "$dnb_word" != tick ] || dnb_ticking=
}
dnb_sleep() { sleep "$dnb_pause" 2>/dev/null || sleep 1; }
dnb_listen() {
  while read -r dnb_word dnb_a dnb_b <&3; do
    [ "$dnb_word" != a ] || echo "$dnb_a $dnb_b" >"$dnb_d/ack"
    [ ! -e "$dnb_d/lease" ] || { dnb_now; echo "$$ $dnb_centis" >"$dnb_d/lease"; }
  done
  # Stopped, so that it makes no more children. The launcher is one of them, and stays.
  kill -s STOP "$$"
  dnb_stat self
  dnb_self=\${dnb_line%% *}
  dnb_children "$$"
  for dnb_pid in $dnb_found; do
    case $dnb_pid in "$dnb_launcher" | "$dnb_self") ;; *) kill -s KILL "$dnb_pid" ;; esac
  done
  kill -s KILL "$$"
}
# dnb_relay OFFSET OFFSET
dnb_relay() {
  exec 3<&0 </dev/null
  dnb_listen >/dev/null 2>&1 6<&- &
  dnb_listener=$!
  exec 3<&-
  dnb_o=$1 dnb_e=$2 dnb_lost=0 dnb_lazy=0 dnb_rounds=0 dnb_ticking=
  dnb_now
  dnb_beat=$dnb_centis dnb_lazy=$((dnb_centis + 200))
  [ -z "$dnb_launcher" ] || dnb_beat=$((dnb_centis + 300))
  until [ -e "$dnb_d/started" ] || [ -e "$dnb_d/exit.json" ] || [ "$dnb_lost" -gt 1 ]; do dnb_idle; done
  if [ -e "$dnb_d/started" ] || [ "$dnb_lost" = 0 ]; then dnb_follow; else echo 'l 0'; fi
  kill -s KILL "$dnb_listener" 2>/dev/null
}
dnb_follow() {
  dnb_find out "$dnb_o" || { echo "O \${dnb_oldest:-0}"; return; }
  dnb_base_o=$dnb_base
  dnb_find err "$dnb_e" || { echo "E \${dnb_oldest:-0}"; return; }
  dnb_base_e=$dnb_base
  exec 8<"$dnb_d/out.$dnb_base_o" 9<"$dnb_d/err.$dnb_base_e"
  [ "$dnb_o" = "$dnb_base_o" ] || dnb_seek 8 $((dnb_o - dnb_base_o))
  [ "$dnb_e" = "$dnb_base_e" ] || dnb_seek 9 $((dnb_e - dnb_base_e))
  while :; do
    dnb_done=
    [ ! -e "$dnb_d/exit.json" ] || dnb_done=yes
    dnb_ends
    dnb_moved=
    # One stream must not hold up the other.
    dnb_limit=16777216
    [ "$dnb_out" -le "$dnb_o" ] || [ "$dnb_err" -le "$dnb_e" ] || dnb_limit=1048576
    dnb_part "$dnb_out" "$dnb_o" "$dnb_limit"
    if [ "$dnb_n" -gt 0 ]; then
      dnb_send o 8 "$dnb_n"
      dnb_o=$((dnb_o + dnb_n)) dnb_moved=yes
    elif [ "$dnb_o" != "$dnb_base_o" ] && [ -e "$dnb_d/out.$dnb_o" ]; then
      exec 8<"$dnb_d/out.$dnb_o"
      dnb_base_o=$dnb_o dnb_moved=yes
    fi
    dnb_part "$dnb_err" "$dnb_e" "$dnb_limit"
    if [ "$dnb_n" -gt 0 ]; then
      dnb_send e 9 "$dnb_n"
      dnb_e=$((dnb_e + dnb_n)) dnb_moved=yes
    elif [ "$dnb_e" != "$dnb_base_e" ] && [ -e "$dnb_d/err.$dnb_e" ]; then
      exec 9<"$dnb_d/err.$dnb_e"
      dnb_base_e=$dnb_e dnb_moved=yes
    fi
    if [ -n "$dnb_moved" ]; then
      dnb_now
      dnb_lazy=$((dnb_centis + 200))
    elif [ -n "$dnb_done" ]; then
      read -r dnb_json <"$dnb_d/exit.json"
      printf 'x %s\n%s' "\${#dnb_json}" "$dnb_json"
      return
    elif [ "$dnb_lost" -gt 1 ]; then
      echo 'l 0'
      return
    else
      dnb_idle
    fi
  done
}
`;
