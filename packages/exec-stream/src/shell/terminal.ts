import type { Readable, Writable } from 'node:stream';

/** Where a person sits: usually `process.stdin`, `process.stdout` and `process.stderr`. */
export interface ShellTerminal {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** Gets stderr when there is no terminal; with one, all output is one stream. @default output */
  readonly error?: Writable;
}

/** What a person types. The extra members are those of `tty.ReadStream`. */
export type TerminalInput = Readable & {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(raw: boolean): unknown;
};

/** What a person sees. The extra members are those of `tty.WriteStream`. */
export type TerminalOutput = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** True when a person sits at both ends, so that keys can be passed on as they come. */
export const isTerminal = ({ input, output }: ShellTerminal): boolean =>
  input.isTTY === true && output.isTTY === true && input.setRawMode !== undefined;

/**
 * Hands every key on as it is, Ctrl-C included, until the returned function is called. That gives the terminal back as it was; it is
 * also called when the process exits, and is safe to call twice.
 */
export function takeTerminal({ input }: ShellTerminal): () => void {
  const wasRaw = input.isRaw === true;
  let taken = true;
  const giveBack = (): void => {
    if (!taken) return;
    taken = false;
    process.off('exit', giveBack);
    if (!input.destroyed) input.setRawMode?.(wasRaw);
  };
  process.once('exit', giveBack);
  input.setRawMode?.(true);
  return giveBack;
}

/**
 * Undoes what a full-screen program may have left behind that could not say goodbye: its second screen, the hidden cursor, reports of
 * the mouse and of pasting, colours. Sequences: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export const CALM_TERMINAL =
  '\x1b[?1047l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[0m\r\n';

/** Tells the size now and whenever it changes, until the returned function is called. */
export function followSize(
  { output }: ShellTerminal,
  resize: (size: { readonly columns: number; readonly rows: number }) => void,
): () => void {
  const tell = (): void => {
    const { columns = 0, rows = 0 } = output;
    if (columns > 0 && rows > 0) resize({ columns, rows });
  };
  tell();
  output.on('resize', tell);
  return () => output.off('resize', tell);
}
