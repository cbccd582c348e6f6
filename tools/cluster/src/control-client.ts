import { createReadStream } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { ClusterError, messageOf } from './errors.ts';
import type { NodeStatus } from './inner/plan.ts';

/** A command to the process inside the namespaces, over its unix socket. */
export const control = async (
  socketPath: string,
  { method = 'GET', path, bodyFile }: { method?: 'GET' | 'POST'; path: string; bodyFile?: string },
): Promise<unknown> => {
  const outgoing = request({ socketPath, method, path });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  try {
    if (bodyFile === undefined) outgoing.end();
    else await pipeline(createReadStream(bodyFile), outgoing);
    const response = await answered;
    const body = JSON.parse(await text(response)) as { message?: string };
    if (response.statusCode === 200) return body;
    throw new ClusterError('CommandFailed', body.message ?? `status ${response.statusCode ?? 0}`);
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    throw new ClusterError('CommandFailed', messageOf(error), { cause: error });
  }
};

/** How the node's programs and images are doing; undefined when nothing answers (not yet, or no longer). */
export const nodeStatus = async (socketPath: string): Promise<NodeStatus | undefined> =>
  control(socketPath, { path: '/status' }).then(
    (status) => status as NodeStatus,
    () => undefined,
  );
