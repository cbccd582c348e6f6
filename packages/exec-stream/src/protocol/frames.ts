import { clientFrame } from '../websocket/frame-writer.ts';
import { opcode } from '../websocket/opcode.ts';

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

const stdinByte = Uint8Array.of(channel.stdin);
const stdoutByte = Uint8Array.of(channel.stdout);
const resizeByte = Uint8Array.of(channel.resize);

/** A piece of stdin. The payload must not be longer than {@link MAX_STDIN_FRAME_BYTES}. */
export const stdinFrame = (payload: Uint8Array): Buffer => clientFrame(opcode.binary, stdinByte, payload);

/** Ends stdin and leaves the rest open. Only v5 understands it. */
export const stdinEndFrame = (): Buffer => clientFrame(opcode.binary, Uint8Array.of(channel.close, channel.stdin));

/** Tells a terminal its size. */
export const resizeFrame = (size: { readonly columns: number; readonly rows: number }): Buffer =>
  clientFrame(opcode.binary, resizeByte, Buffer.from(JSON.stringify({ Width: size.columns, Height: size.rows })));

/**
 * A message that means nothing: the server does not read what a client sends for stdout, but its idle limit of 4 hours, which no ping
 * resets, begins anew (k8s.io/apimachinery wsstream `conn.go`).
 */
export const idleFrame = (): Buffer => clientFrame(opcode.binary, stdoutByte);
