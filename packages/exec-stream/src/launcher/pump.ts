import { sh } from './shell.ts';

/**
 * Writes one stream of the command to its journal. Expects `dnb_cap` (bytes, may be empty), `dnb_full` (`backpressure` or `truncate`) and
 * `dnb_step` (bytes).
 *
 * The journal is a row of files, `out.0`, `out.<offset>`, …, each named by the offset of its first byte, so that what was acknowledged
 * can be removed while more is written. `dd` copies up to a step at a time: it hands on what one `read` gives, takes not a byte more than
 * it writes, and says how much that was. A command that writes lines costs one `dd` for 256 of them, not for each.
 *
 * At the end `out.end` holds the number of bytes and the name of the last file.
 */
export const pump = sh`
# dnb_pump NAME FD
# (redirections by exec: those of a call are kept aside by the shell, and a kept write end would hold the pipe open)
dnb_pump() {
  exec <&"$2" >/dev/null 5>&- 6>&- 7>&- 8<&- 9<&-
  dnb_name=$1 dnb_at=0 dnb_base=0 dnb_first=0 dnb_starts=0
  exec 3>>"$dnb_d/$1.0"
  while dnb_room; do
    if [ "$dnb_room" = 0 ]; then dnb_cut; break; fi
    dnb_copy || break
  done
  echo "$dnb_at $dnb_base" >"$dnb_d/$1.end"
}
# Sets dnb_room to what may be written now.
dnb_room() {
  if [ $((dnb_at - dnb_base)) -ge "$dnb_step" ]; then
    dnb_base=$dnb_at
    dnb_starts="$dnb_starts $dnb_base"
    exec 3>>"$dnb_d/$dnb_name.$dnb_base"
  fi
  dnb_free
  dnb_room=$dnb_step
  [ -n "$dnb_cap" ] || return 0
  if [ "$dnb_full" = truncate ]; then
    [ $((dnb_cap - dnb_at)) -ge "$dnb_room" ] || dnb_room=$((dnb_cap - dnb_at))
    return 0
  fi
  # What is still in the pipe when the command has ended comes on top: nobody may be there to make room.
  until [ $((dnb_at - dnb_first + dnb_room)) -le "$dnb_cap" ] || [ -e "$dnb_d/ended" ]; do
    dnb_nap
    dnb_free
  done
}
# Copies up to dnb_room bytes; fails at the end of the stream.
dnb_copy() {
  dnb_bs=65536 dnb_before=$dnb_at
  [ "$dnb_bs" -le "$dnb_room" ] || dnb_bs=$dnb_room
  dnb_reads=$((dnb_room / dnb_bs))
  [ "$dnb_reads" -le 256 ] || dnb_reads=256
  dnb_said=$(LC_ALL=C dd bs="$dnb_bs" count="$dnb_reads" 2>&1 >&3) || {
    dnb_at=$((dnb_base + $(wc -c <"$dnb_d/$dnb_name.$dnb_base")))
    dnb_cut
    return 1
  }
  dnb_bytes=\${dnb_said#*records out?}
  dnb_bytes=\${dnb_bytes%% *}
  case $dnb_bytes in
    '' | *[!0-9]*) dnb_at=$((dnb_base + $(wc -c <"$dnb_d/$dnb_name.$dnb_base"))) ;;
    *) dnb_at=$((dnb_at + dnb_bytes)) ;;
  esac
  # "2+1 records in", whole and partial reads; GNU may say more before it
  dnb_said=\${dnb_said%% records in*}
  dnb_said=\${dnb_said##*[!0-9+]}
  case $dnb_said in
    *?+?*) [ $(($dnb_said)) -ge "$dnb_reads" ] ;;
    *) [ "$dnb_at" != "$dnb_before" ] ;;
  esac
}
# Neither a full volume nor a full journal may stop the command then, but it must be told.
dnb_cut() {
  : >"$dnb_d/$dnb_name.cut"
  cat >/dev/null
}
# Removes the files that hold nothing but what was acknowledged.
dnb_free() {
  { read -r dnb_ack_out dnb_ack_err <"$dnb_d/ack"; } 2>/dev/null || return 0
  [ "$dnb_name" = out ] || dnb_ack_out=$dnb_ack_err
  case $dnb_ack_out in '' | *[!0-9]* | ????????????????*) return 0 ;; esac
  set -- $dnb_starts
  dnb_old=
  while [ "$#" -gt 1 ] && [ "$2" -le "$dnb_ack_out" ]; do
    dnb_old="$dnb_old $1"
    shift
  done
  [ -n "$dnb_old" ] || return 0
  dnb_first=$1 dnb_starts=$*
  for dnb_f in $dnb_old; do rm -f "$dnb_d/$dnb_name.$dnb_f"; done
}
`;
