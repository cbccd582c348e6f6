import { sh } from '../launcher/shell.ts';

/*
 * Both programs keep the archive out of files: `tee` hands it on, and to `sha256sum` and `wc`, by the names that descriptors have. The
 * last line says the exit code of `tar`, the length and the sum. Needed: a standard busybox, or coreutils and tar.
 */

const tools = (names: string): string =>
  sh`
dnb_missing=
for dnb_tool in NAMES; do command -v "$dnb_tool" >/dev/null 2>&1 || dnb_missing="$dnb_missing $dnb_tool"; done
[ -z "$dnb_missing" ] || { echo "danube:missing$dnb_missing" >&2; exit 1; }
`.replace('NAMES', names);

/** What of the archive comes to stdin, measured: its words go to descriptor 4 and stdout. */
const measure = sh`
dnb_measure() {
  { tee /dev/fd/6 | sha256sum >&4; } 6>&1 | echo "bytes=$(wc -c | tr -d ' ')"
}
`;

/**
 * Unpacks an archive from stdin. Arguments: its length; the directory; for a single file the name it has in the archive, and the one it
 * gets when it proved to be whole. v4 cannot end stdin, so the length does; then it waits for the verdict.
 */
export const unpackProgram = [
  tools('tar head tee sha256sum wc tr'),
  measure,
  sh`
mkdir -p "$2" && cd "$2" || exit 1
if [ -n "$3" ]; then
  [ ! -d "./$4" ] || { echo "$4: is a directory" >&2; exit 1; }
  # Ignored signals are inherited: who ends this tells every process of it again and again.
  trap 'trap "" TERM INT HUP; rm -f "./$3"' EXIT
  trap 'exit 143' TERM INT HUP
fi
dnb_report=$(
  exec 4>&1
  {
    head -c "$1" | tee /dev/fd/3 | {
      tar -xof - >&2 3>&- 4>&-
      dnb_code=$?
      [ "$dnb_code" -ne 0 ] || cat >/dev/null
      echo "code=$dnb_code" >&4
    }
  } 3>&1 | dnb_measure
)
echo "danube:done" $dnb_report >&2
read -r dnb_verdict
[ "$dnb_verdict" = whole ] || exit 1
[ -z "$3" ] || mv -f "./$3" "./$4"
`,
].join('\n');

/** Packs what is at a path to stdout: the contents of a directory, or one file. Arguments: the path, its directory, its name. */
export const packProgram = [
  tools('tar tee sha256sum wc tr'),
  measure,
  sh`
if [ -d "$1" ]; then
  cd "$1" || exit 1
  set -- .
elif [ -e "$1" ]; then
  cd "$2" || exit 1
  set -- -h "./$3"
else
  echo "danube:absent" >&2
  exit 1
fi
exec 5>&1
dnb_report=$(
  exec 4>&1
  { { tar -cf - "$@" 3>&- 4>&- 5>&-; echo "code=$?" >&4; } | tee /dev/fd/3 >&5; } 3>&1 | dnb_measure
)
echo "danube:done" $dnb_report >&2
`,
].join('\n');
