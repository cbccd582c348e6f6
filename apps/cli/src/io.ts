import type { Readable, Writable } from 'node:stream';

/** An output of the command: a pipe, a file or a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Why the command has to stop before its work is done. */
export type Stop = { readonly why: string; readonly exitCode: number };

/** All that the command has of the world, so that tests can give it another one. */
export type Io = {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory where Node keeps compiled code, for other programs of ours to share. @default none is kept */
  readonly compileCache?: string;
  /** Fires at the first Ctrl-C, TERM or HUP, and when the reader of stdout has gone: finish in order. Reason: {@link Stop}. */
  readonly stop: AbortSignal;
  /** Fires at the second one: finish at once. Reason: {@link Stop}. */
  readonly abort: AbortSignal;
};

/** Writes and waits until there is room for more. Does nothing once the reader has gone. */
export const write = async (output: Output, data: string | Uint8Array | undefined): Promise<void> => {
  if (data === undefined || data.length === 0 || !isOpen(output)) return;
  if (output.write(data)) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      output.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    output.on('drain', settle).on('close', settle).on('error', settle);
  });
};

const isOpen = (output: Output): boolean => !output.destroyed && !output.writableEnded && output.errored === null;

/** Why `io.stop` fired, if it did. */
export const stopOf = (io: Pick<Io, 'stop'>): Stop | undefined =>
  io.stop.aborted ? (io.stop.reason as Stop) : undefined;
