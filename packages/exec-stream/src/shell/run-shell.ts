import type { Readable, Writable } from 'node:stream';
import { ExecAbortedError } from '../errors.ts';
import type { ExecStream } from '../exec-stream.ts';
import type { ExecOptions, ExecResult, ExecSession, ExecTarget } from '../types.ts';
import { CALM_TERMINAL, followSize, isTerminal, type ShellTerminal, takeTerminal } from './terminal.ts';

/** Options of {@link runShell}. */
export interface ShellOptions extends Pick<ExecOptions, 'signal' | 'retryForMs'> {
  readonly terminal: ShellTerminal;
  /** What to run. @default the best shell that is there: bash, else sh */
  readonly argv?: readonly string[];
  /** Kind of terminal, for the programs that paint on it; usually the local `TERM`. @default xterm */
  readonly term?: string;
}

/**
 * Gives a person a shell in a container, and answers when it has ended. At a terminal every key goes there as it is (Ctrl-C ends
 * what runs there, not this program), and the terminal knows its size. The local terminal is given back as it was on every
 * end: exit, lost connection, abort, exit of this process. Without a terminal (a pipe), stdin is passed on to its end and stdout and
 * stderr stay apart; that needs v5.
 *
 * The exit code is proven as for {@link ExecStream.exec}. What runs is ended when the caller or the terminal goes away.
 *
 * @throws ExecError as a plain exec does, `EXEC_ABORTED` also when the local terminal has gone
 * @example
 * const { code } = await runShell(stream, worker, { terminal: { input: process.stdin, output: process.stdout } });
 */
export async function runShell(
  stream: Pick<ExecStream, 'exec'>,
  target: ExecTarget,
  options: ShellOptions,
): Promise<ExecResult> {
  const { terminal, argv = BEST_SHELL, term = 'xterm', retryForMs = 0 } = options;
  const tty = isTerminal(terminal);
  const gone = new AbortController();
  const session = stream.exec(target, tty ? ['env', `TERM=${term}`, ...argv] : argv, {
    tty,
    stdin: true,
    verify: 'sentinel',
    retryForMs,
    signal: options.signal ? AbortSignal.any([options.signal, gone.signal]) : gone.signal,
  });
  const giveBack = tty ? takeTerminal(terminal) : () => undefined;
  const forgetSize = tty ? followSize(terminal, (size) => session.resize(size)) : () => undefined;
  const unplug = plug(session, terminal, (why) => gone.abort(why));
  const shown = Promise.all([
    show(session.stdout, terminal.output),
    show(session.stderr, terminal.error ?? terminal.output),
  ]);
  try {
    const result = await session.result;
    await shown;
    return result;
  } catch (error) {
    if (tty && terminal.output.writable) terminal.output.write(CALM_TERMINAL);
    throw error;
  } finally {
    unplug();
    forgetSize();
    giveBack();
  }
}

const BEST_SHELL = ['sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'];

/**
 * Passes on what is typed. A terminal that ends has gone: it hung up, and there is nobody to end the shell any more. Until the
 * connection stands, Ctrl-C is for us: nothing else could end the waiting.
 */
function plug(session: ExecSession, terminal: ShellTerminal, leave: (why: Error) => void): () => void {
  const { input, output } = terminal;
  const onGone = (): void => leave(new ExecAbortedError('EXEC_ABORTED', 'the terminal has gone', { started: 'maybe' }));
  const onKeys = (keys: Buffer | string): void => {
    if (session.protocol === undefined && keys.includes(CTRL_C)) onGone();
  };
  const tty = isTerminal(terminal);
  input.pipe(session.stdin as Writable, { end: !tty });
  if (tty) input.on('end', onGone).on('error', onGone).on('data', onKeys);
  output.on('error', onGone);
  return () => {
    input.unpipe();
    input.pause();
    input.off('end', onGone).off('error', onGone).off('data', onKeys);
    output.off('error', onGone);
  };
}

const CTRL_C = '\x03';

/** Writes all of it, at the pace of the reader. Never ends the output: it is not ours. */
async function show(from: Readable, to: Writable): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (to.writable && !to.write(chunk)) await room(to);
  }
}

/** Waits until there is room, or nobody reads any more. */
const room = (to: Writable): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      to.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle).on('error', settle);
  });
