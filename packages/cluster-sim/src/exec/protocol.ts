import { failures } from '../api/api-status.ts';
import { omit, type JsonObject } from '../objects.ts';

/** Subprotocols that the server can speak. */
export type ExecProtocol = 'v5.channel.k8s.io' | 'v4.channel.k8s.io';

/** First byte of each message. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** One message: the channel's byte and the payload. */
export const frame = (channel: number, payload: Uint8Array = new Uint8Array()): Buffer =>
  Buffer.concat([Buffer.from([channel]), payload]);

/** A command ended with 0; also what a v5 server says when its own upstream vanished. */
export const successStatus: JsonObject = { metadata: {}, status: 'Success' };

/** How a command ended, as the status channel says it. */
export const exitStatus = (code: number): JsonObject =>
  code === 0
    ? successStatus
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

/** The status for a command that did not start. */
export const failureStatus = (message: string): JsonObject => {
  return omit(failures.internal(message).toJSON(), 'kind', 'apiVersion');
};

/** Chooses the protocol: v5 wins when it is offered at all, because the API server then translates by itself. */
export const chooseProtocol = (
  offered: readonly string[],
  supported: readonly ExecProtocol[],
): ExecProtocol | undefined => {
  const order: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
  return order.find((protocol) => supported.includes(protocol) && offered.includes(protocol));
};
