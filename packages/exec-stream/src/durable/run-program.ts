import { ExecConnection, type ConnectionEnd, type ConnectionOptions } from '../connection/connection.ts';
import { ExecAbortedError, ExecConnectionLostError, type ExecError, ExecExitUnknownError } from '../errors.ts';
import { launcherArgv } from '../launcher/programs.ts';
import { failureError } from '../protocol/failure.ts';
import { MAX_STDIN_FRAME_BYTES } from '../protocol/frames.ts';
import type { ExecClient, ExecTarget } from '../types.ts';

/** A launcher program and its arguments. */
export interface Program {
  readonly operation: string;
  readonly args: readonly string[];
  readonly text: string;
}

const MAX_REPLY_BYTES = 4096;

/**
 * Runs a short program of ours in a container and returns its answer (one line, without the `danube:` in front).
 * The line itself is the proof that the program came to its end; the server's status is not looked at when it is there.
 */
export async function runProgram(
  client: ExecClient,
  target: ExecTarget,
  options: ConnectionOptions & { readonly program: Program },
): Promise<string> {
  const { program, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let reply = '';
  let stderr = '';
  const connection = await ExecConnection.open(
    client,
    { target, argv: launcherArgv(program.operation, program.args), stdin: true, tty: false },
    {
      ...options,
      handler: {
        output(stream, payload) {
          if (stream === 'stderr') stderr = (stderr + payload.toString()).slice(0, MAX_REPLY_BYTES);
          else reply += payload.toString().slice(0, MAX_REPLY_BYTES - reply.length);
          const line = /^danube:(.*)\n/m.exec(reply)?.[1];
          if (line === undefined) return;
          resolve(line);
          connection.close();
        },
        end: (end) => reject(withoutReply(end, reply + stderr)),
      },
    },
  );
  const onAbort = (): void => {
    reject(
      new ExecAbortedError('EXEC_ABORTED', 'while waiting for the launcher', {
        started: 'maybe',
        cause: signal?.reason,
      }),
    );
    connection.close();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const text = Buffer.from(program.text);
  for (let at = 0; at < text.length; at += MAX_STDIN_FRAME_BYTES) {
    connection.sendStdin(text.subarray(at, at + MAX_STDIN_FRAME_BYTES), () => undefined);
  }
  return promise.finally(() => signal?.removeEventListener('abort', onAbort));
}

function withoutReply(end: ConnectionEnd, output: string): ExecError {
  if (end.kind === 'lost') return new ExecConnectionLostError('EXEC_CONNECTION_LOST', end.detail, { started: 'maybe' });
  if (end.status.kind === 'failure') return failureError(end.status, output !== '');
  return new ExecExitUnknownError(
    'EXEC_EXIT_UNKNOWN',
    `the launcher gave no answer${output && `, but: ${output.trim()}`}`,
    {
      started: 'maybe',
    },
  );
}
