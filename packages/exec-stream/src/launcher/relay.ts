import { sh } from './shell.ts';

/**
 * Sends a run's journal from two offsets on (arguments 3 and 4), as frames on stdout: a line with a letter and a length, then that
 * many bytes. `o` and `e` are the streams, `h` says that it is alive, `x` is the exit record and the end, `l` says that the run is lost.
 *
 * Each file is opened once and read by `dd` from where the last one stopped, so a frame has exactly the announced length and no offset
 * costs a read from the beginning. A watcher ends the relay when its stdin ends, which is how a client that went away looks from here;
 * otherwise it would wait for ever in a write.
 */
export const relay = sh`
dnb_seek() {
  dd bs=65536 skip=$(($2 / 65536)) count=0 <&"$1"
  [ $(($2 % 65536)) = 0 ] || dd bs=$(($2 % 65536)) count=1 <&"$1"
} >/dev/null 2>&1
dnb_send() {
  echo "$1 $3"
  [ "$3" -lt 65536 ] || dd bs=65536 count=$(($3 / 65536)) <&"$2"
  [ $(($3 % 65536)) = 0 ] || dd bs=$(($3 % 65536)) count=1 <&"$2"
} 2>/dev/null
# dnb_part SIZE OFFSET: what to send now, small enough that one stream does not hold up the other
dnb_part() {
  dnb_n=$(($1 - $2))
  [ "$dnb_n" -le 524288 ] || dnb_n=524288
}
dnb_sizes() {
  dnb_both=$(stat -c %s "$dnb_d/out" "$dnb_d/err" 2>/dev/null) || dnb_both="$(wc -c <"$dnb_d/out") $(wc -c <"$dnb_d/err")"
  set -- $dnb_both
  dnb_out=$1 dnb_err=$2
}
dnb_idle() {
  dnb_now
  if [ "$dnb_centis" -ge "$dnb_beat" ]; then
    echo 'h 0'
    dnb_beat=$((dnb_centis + 300))
    dnb_look
    [ "$dnb_where" != lost ] || dnb_lost=$((dnb_lost + 1))
  fi
  if [ "$dnb_centis" -ge "$dnb_lazy" ]; then sleep 0.12 2>/dev/null || sleep 1; else dnb_nap; fi
}
exec 3<&0 </dev/null
(
  read -r dnb_line <&3
  kill -s KILL "-$$" || kill -s KILL "$$"
) >/dev/null 2>&1 &
dnb_watcher=$!
exec 3<&-
dnb_beat=0 dnb_lost=0 dnb_lazy=0
until [ -e "$dnb_d/started" ] || [ -e "$dnb_d/exit.json" ] || [ "$dnb_lost" -gt 1 ]; do dnb_idle; done
dnb_o=$3 dnb_e=$4
exec 8<"$dnb_d/out" 9<"$dnb_d/err"
dnb_seek 8 "$dnb_o"
dnb_seek 9 "$dnb_e"
while :; do
  dnb_done=
  [ ! -e "$dnb_d/exit.json" ] || dnb_done=yes
  dnb_sizes
  dnb_moved=
  dnb_part "$dnb_out" "$dnb_o"
  if [ "$dnb_n" -gt 0 ]; then
    dnb_send o 8 "$dnb_n"
    dnb_o=$((dnb_o + dnb_n)) dnb_moved=yes
  fi
  dnb_part "$dnb_err" "$dnb_e"
  if [ "$dnb_n" -gt 0 ]; then
    dnb_send e 9 "$dnb_n"
    dnb_e=$((dnb_e + dnb_n)) dnb_moved=yes
  fi
  if [ -n "$dnb_moved" ]; then
    dnb_now
    dnb_lazy=$((dnb_centis + 200))
  elif [ -n "$dnb_done" ]; then
    echo "x $(wc -c <"$dnb_d/exit.json")"
    cat "$dnb_d/exit.json"
    break
  elif [ "$dnb_lost" -gt 1 ]; then
    echo 'l 0'
    break
  else
    dnb_idle
  fi
done
kill -s KILL "$dnb_watcher" 2>/dev/null
`;
