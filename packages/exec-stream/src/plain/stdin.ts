import { Readable } from 'node:stream';
import type { ExecConnection } from '../connection/connection.ts';
import { ExecError } from '../errors.ts';
import { MAX_STDIN_FRAME_BYTES } from '../protocol/frames.ts';

/** Bytes that may wait in the socket before we wait for it. */
const SOCKET_BUFFER_BYTES = 256 * 1024;

/**
 * Sends a source to the command's stdin and ends it. Stops quietly when the connection is over: a command need not read its stdin.
 * @throws ExecError EXEC_STDIN_EOF at the end of the source on v4, where no one could tell the command
 */
export async function sendStdin(
  connection: ExecConnection,
  source: Readable | Buffer | string,
  over: AbortSignal,
): Promise<void> {
  const pieces: AsyncIterable<unknown> | Iterable<unknown> =
    typeof source === 'string' || Buffer.isBuffer(source) ? [source] : source;
  try {
    for await (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : (piece as Uint8Array);
      for (let at = 0; at < bytes.length; at += MAX_STDIN_FRAME_BYTES) {
        if (over.aborted) return;
        await sendFrame(connection, bytes.subarray(at, at + MAX_STDIN_FRAME_BYTES));
      }
    }
  } finally {
    if (source instanceof Readable) source.destroy();
  }
  if (over.aborted || connection.endStdin()) return;
  throw new ExecError('EXEC_STDIN_EOF', `the server speaks ${connection.protocol}`, {
    started: 'yes',
    hint: 'Use a server that speaks v5.channel.k8s.io (Kubernetes 1.30), or a command that knows the length of its input',
  });
}

async function sendFrame(connection: ExecConnection, payload: Uint8Array): Promise<void> {
  // A connection that ends calls back, too.
  const taken = new Promise<void>((resolve) => connection.sendStdin(payload, () => resolve()));
  if (connection.bufferedBytes > SOCKET_BUFFER_BYTES) await taken;
}
