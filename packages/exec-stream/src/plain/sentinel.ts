import { sh } from '../launcher/shell.ts';

/**
 * Wraps a command so that the end of both streams proves itself: after the command, `sh` writes a line with a random number and the
 * exit code to stdout and to stderr. Only when both came is the exit code known and is each stream complete.
 *
 * The shell's own remark about a signal ("Killed") goes into a variable instead of the command's stderr, and tells a death by
 * signal from an exit with 128 + n; the two subshells are what makes dash, bash and busybox all say it there. The cookie lets a second exec find the command's processes.
 *
 * One that waits does so for a word of the reader, or for the end of the connection. A runtime closes its connection as soon as the exec
 * has ended, and the next ping of the API server to that closed socket throws away what a slow reader has not fetched yet
 * (kubernetes#60140; seen on 1.34 with v5 after a stall of 8 s). Not when the caller uses stdin itself.
 */
const wrapper = sh`
DANUBE_RUN=$0
export DANUBE_RUN
exec 3>&1 4>&2
dnb_said=$(exec 2>&1; ( (exec "$@" >&3 2>&4 3>&- 4>&- 5<&-); exit $?); echo ":$?")
dnb_code=\${dnb_said##*:}
dnb_how=e
[ "$dnb_said" = ":$dnb_code" ] || dnb_how=s
printf '\036DANUBE:%s:%s%s\n' "$0" "$dnb_how" "$dnb_code" >&4
printf '\036DANUBE:%s:%s%s\n' "$0" "$dnb_how" "$dnb_code" >&3
`;
const end = 'exit "$dnb_code"';
const wrappers = {
  waiting: ['exec 5<&0 </dev/null', wrapper, 'read -r dnb_word <&5', end].join('\n'),
  plain: [wrapper, end].join('\n'),
};

/**
 * The same on a terminal, which is one stream and has to stay the command's. Keys that signal reach the whole foreground group:
 * the wrapper outlives them, and the command gets its default actions back.
 */
const terminalWrapper = sh`
DANUBE_RUN=$0
export DANUBE_RUN
trap : INT QUIT
"$@"
dnb_code=$?
printf '\036DANUBE:%s:e%s\n' "$0" "$dnb_code"
exit "$dnb_code"
`;

/** What a wrapped command does besides: it has a terminal, or waits on stdin for a line when all is written. */
export interface Wrapping {
  readonly tty?: boolean;
  readonly waits?: boolean;
}

/** The words to exec for a command that proves its end with this nonce. */
export const wrapCommand = (
  nonce: string,
  argv: readonly string[],
  { tty = false, waits = false }: Wrapping = {},
): string[] => ['sh', '-c', tty ? terminalWrapper : waits ? wrappers.waiting : wrappers.plain, nonce, ...argv];

/** What a sentinel line says. */
export interface Sentinel {
  readonly code: number;
  /** True: the code is 128 + the number of the signal that ended the command. */
  readonly bySignal: boolean;
}

/**
 * Takes the sentinel line out of one stream. Bytes are handed on at once; only what may be the beginning of the line is held back.
 * Output of background children after the line is handed on too. A terminal ends the line with CR LF.
 */
export class SentinelFilter {
  readonly #mark: Buffer;
  #held: Buffer = Buffer.alloc(0);
  sentinel: Sentinel | undefined;

  constructor(nonce: string) {
    this.#mark = Buffer.from(`\x1eDANUBE:${nonce}:`);
  }

  /** What of this piece is output. Empty when all of it is held back. */
  push(piece: Buffer): Buffer {
    if (this.sentinel) return piece;
    const data = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = NOTHING;
    const at = this.#find(data);
    if (at === -1) return data;
    const line = /^([es])(\d{1,3})\r?\n/.exec(
      data.toString('latin1', at + this.#mark.length, at + this.#mark.length + 6),
    );
    if (line) {
      this.sentinel = { bySignal: line[1] === 's', code: Number(line[2]) };
      const rest = at + this.#mark.length + line[0].length;
      return Buffer.concat([data.subarray(0, at), data.subarray(rest)]);
    }
    this.#held = data.subarray(at);
    return data.subarray(0, at);
  }

  /** What is still held back when the stream ends: it was no sentinel. */
  flush(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }

  /** Where the mark with what may be its line, or the beginning of a mark at the very end, is. */
  #find(data: Buffer): number {
    for (let at = data.indexOf(this.#mark); at !== -1; at = data.indexOf(this.#mark, at + 1)) {
      const end = at + this.#mark.length;
      if (lineOrItsBeginning.test(data.toString('latin1', end, end + LONGEST_LINE))) return at;
    }
    const tail = Math.max(0, data.length - this.#mark.length + 1);
    for (let at = data.indexOf(RECORD_SEPARATOR, tail); at !== -1; at = data.indexOf(RECORD_SEPARATOR, at + 1)) {
      if (data.compare(this.#mark, 0, data.length - at, at) === 0) return at;
    }
    return -1;
  }
}

const RECORD_SEPARATOR = 0x1e;
const LONGEST_LINE = 'e255\r\n'.length;
const lineOrItsBeginning = /^(?:[es]?|[es]\d{0,3}|[es]\d{1,3}\r|[es]\d{1,3}\r?\n[^]*)$/;
const NOTHING = Buffer.alloc(0);
