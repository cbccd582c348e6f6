import { ExecConnection, type ConnectionOptions } from '../connection/connection.ts';
import { ExecConnectionLostError, type ExecError, ExecExitUnknownError } from '../errors.ts';
import { launcherArgv } from '../launcher/programs.ts';
import { failureError } from '../protocol/failure.ts';
import { MAX_STDIN_FRAME_BYTES } from '../protocol/frames.ts';
import type { ExecClient, ExecTarget } from '../types.ts';
import type { Attention } from './attention.ts';
import type { Program } from './run-program.ts';
import { type RelayEvent, RelayParser } from './relay-parser.ts';

/** What sends a journal, and where. */
export interface RelayRequest {
  readonly client: ExecClient;
  readonly target: ExecTarget;
  readonly program: Program;
  readonly connection: ConnectionOptions;
  readonly attention: Attention;
}

/** What may wait here before the socket is stopped. */
const QUEUE_BYTES = 1024 * 1024;

/** The events of one relay connection. Ends after a record or `lost`; throws when the connection ends before. */
export async function* relayEvents(request: RelayRequest): AsyncGenerator<RelayEvent, void> {
  const { client, target, program } = request;
  const queue: RelayEvent[] = [];
  let queued = 0;
  let failure: ExecError | undefined;
  let output = '';
  let wake = (): void => undefined;
  const parser = new RelayParser();
  const fail = (error: ExecError): void => {
    failure ??= error;
    wake();
  };
  const connection: ExecConnection = await ExecConnection.open(
    client,
    {
      target,
      argv: launcherArgv(program.operation, program.args),
      stdin: true,
      tty: false,
    },
    {
      ...request.connection,
      handler: {
        output(stream, payload) {
          if (stream === 'stderr') output = (output + payload.toString()).slice(0, 1024);
          else {
            try {
              queue.push(...parser.push(payload));
            } catch (error) {
              fail(error as ExecError);
            }
            queued += payload.length;
            if (queued > QUEUE_BYTES) connection.pause();
          }
          wake();
        },
        end(end) {
          if (end.kind === 'lost')
            fail(new ExecConnectionLostError('EXEC_CONNECTION_LOST', end.detail, { started: 'maybe' }));
          else if (end.status.kind === 'failure') fail(failureError(end.status, output !== ''));
          else
            fail(
              new ExecExitUnknownError('EXEC_EXIT_UNKNOWN', `the relay ended early ${output}`.trim(), {
                started: 'maybe',
              }),
            );
        },
      },
    },
  );
  const onAbort = (): void => connection.close('aborted');
  request.connection.signal?.addEventListener('abort', onAbort, { once: true });
  const send = (text: Buffer): void => {
    for (let at = 0; at < text.length; at += MAX_STDIN_FRAME_BYTES) {
      connection.sendStdin(text.subarray(at, at + MAX_STDIN_FRAME_BYTES), () => undefined);
    }
  };
  send(Buffer.from(program.text));
  let attention: Disposable | undefined;
  try {
    for (;;) {
      const event = queue.shift();
      if (event) {
        // Not before: a shell may read more of stdin than its program.
        attention ??= request.attention.attach({
          acknowledged: ({ stdout, stderr }) => send(Buffer.from(`a ${stdout} ${stderr}\n`)),
          watching: () => send(Buffer.from('w\n')),
        });
        yield event;
        if (event.kind === 'record' || event.kind === 'lost') return;
      } else if (failure) {
        throw failure;
      } else {
        queued = 0;
        connection.resume();
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    request.connection.signal?.removeEventListener('abort', onAbort);
    attention?.[Symbol.dispose]();
    connection.close();
  }
}
