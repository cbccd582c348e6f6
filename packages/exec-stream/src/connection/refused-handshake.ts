import type { IncomingMessage } from 'node:http';
import { ExecError, ExecStartError } from '../errors.ts';
import { isNotReadyMessage, isUnreachableMessage } from '../protocol/not-ready.ts';

const MAX_BODY_BYTES = 64 * 1024;
const BODY_TIMEOUT_MS = 5000;

/** Turns the answer that was not `101` into an error that says what the server said. */
export async function refusedHandshake(response: IncomingMessage): Promise<ExecError> {
  const status = response.statusCode ?? 0;
  const body = statusBody(await readBody(response));
  const message = body.message ?? `HTTP ${status} ${response.statusMessage ?? ''}`.trim();
  const facts = { started: 'no', status, ...(body.reason !== undefined && { reason: body.reason }) } as const;
  if (status === 403) {
    const hint =
      'Grant both `get` and `create` on `pods/exec`: WebSocket asks for get, Kubernetes 1.35 and later also for create';
    return new ExecStartError('EXEC_REFUSED', message, { ...facts, hint });
  }
  if (isNotReadyMessage(message)) return new ExecStartError('EXEC_NOT_READY', message, facts);
  // Servers before 1.30 dial the kubelet before they answer, and say with a 500 that it is not there.
  if (status === 429 || status === 502 || status === 503 || status === 504 || isUnreachableMessage(message)) {
    return new ExecError('EXEC_CONNECT_FAILED', message, facts);
  }
  return new ExecStartError('EXEC_REFUSED', message, facts);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), BODY_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
    }
  } catch {
    // The status line alone is worth an error message.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function statusBody(text: string): { message?: string; reason?: string } {
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body !== 'object' || body === null) return {};
    const { message, reason } = body as { message?: unknown; reason?: unknown };
    return { ...(typeof message === 'string' && { message }), ...(typeof reason === 'string' && { reason }) };
  } catch {
    return {};
  }
}
