import { sh } from './shell.ts';

/**
 * Where a run stands. The claim is a symbolic link whose text names its owner: `symlink` is atomic, fails when the name exists, and
 * carries the owner in the same act, so there is no moment in which a run is claimed by nobody.
 * A record that exists wins; the order (owner, then record again) leaves no gap in which a run that just ended looks lost.
 */
export const runState = sh`
dnb_read_claim() {
  dnb_claim=$(readlink "$dnb_d/claim" 2>/dev/null) || return 1
  dnb_owner=\${dnb_claim%%.*}
  dnb_rest=\${dnb_claim#*.}
  dnb_owner_start=\${dnb_rest%%.*}
  dnb_cookie=\${dnb_rest#*.}
  dnb_leader=none
  { IFS= read -r dnb_leader <"$dnb_d/pid"; } 2>/dev/null || dnb_leader=none
}
dnb_look() {
  if ! dnb_read_claim; then dnb_where=absent
  elif [ -e "$dnb_d/exit.json" ]; then dnb_where=exited
  elif dnb_alive "$dnb_owner" "$dnb_owner_start"; then dnb_where=running
  elif [ -e "$dnb_d/exit.json" ]; then dnb_where=exited
  else dnb_where=lost
  fi
}
dnb_d=$1/$2
`;
