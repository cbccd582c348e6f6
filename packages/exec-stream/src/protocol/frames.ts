/**
 * Channels of `v4.channel.k8s.io` and `v5.channel.k8s.io`: a binary message is one channel byte and its payload.
 * Source: k8s.io/apimachinery `pkg/util/remotecommand/constants.go`, k8s.io/client-go `tools/remotecommand/websocket.go`.
 */
export const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/**
 * Largest stdin payload of one frame. The server reads a frame whole (32 MiB at most) and does not understand fragments,
 * so a frame is one message; 32 KiB is what client-go sends.
 */
export const MAX_STDIN_FRAME_BYTES = 32 * 1024;

/** A frame for {@link channel}.stdin. The payload must not be longer than {@link MAX_STDIN_FRAME_BYTES}. */
export function stdinFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(payload.length + 1);
  frame[0] = channel.stdin;
  frame.set(payload, 1);
  return frame;
}

/** Ends stdin and leaves the rest open. Only v5 understands it. */
export const stdinEndFrame = (): Buffer => Buffer.from([channel.close, channel.stdin]);

/** Tells a terminal its size. */
export function resizeFrame(size: { readonly columns: number; readonly rows: number }): Buffer {
  return Buffer.concat([
    Buffer.from([channel.resize]),
    Buffer.from(JSON.stringify({ Width: size.columns, Height: size.rows })),
  ]);
}
