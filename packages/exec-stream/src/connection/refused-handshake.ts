import { ExecError, type ExecErrorFacts, ExecStartError } from '../errors.ts';
import { isNotReadyMessage, isUnreachableMessage } from '../protocol/not-ready.ts';
import type { ResponseHead } from '../websocket/handshake.ts';
import { responseBody } from '../websocket/response-body.ts';
import type { ByteSocket } from './open-socket.ts';

/** Nothing was started, and the same request may be taken later. */
const BUSY_STATUSES = [429, 502, 503, 504];
const MAX_BODY_BYTES = 64 * 1024;
const BODY_TIMEOUT_MS = 5000;

/** An answer that was not `101`, and the first bytes of its body. */
export interface Refusal {
  readonly head: ResponseHead;
  readonly rest: Buffer;
}

/** Turns the answer that was not `101` into an error that says what the server said. */
export async function refusedHandshake(socket: ByteSocket, refusal: Refusal): Promise<ExecError> {
  const { status, reason, headers } = refusal.head;
  const body = statusBody(await readBody(socket, refusal));
  const message = body.message ?? `HTTP ${status} ${reason}`.trim();
  const facts: ExecErrorFacts = {
    started: 'no',
    status,
    ...(body.reason !== undefined && { reason: body.reason }),
    ...retryAfter(headers['retry-after']),
  };
  if (status === 403) {
    const hint =
      'Grant both `get` and `create` on `pods/exec`: WebSocket asks for get, Kubernetes 1.35 and later also for create';
    return new ExecStartError('EXEC_REFUSED', message, { ...facts, hint });
  }
  if (isNotReadyMessage(message)) return new ExecStartError('EXEC_NOT_READY', message, facts);
  // Servers before 1.30 dial the kubelet before they answer, and say with a 500 that it is not there.
  const unreachable =
    BUSY_STATUSES.includes(status) || facts.retryAfterMs !== undefined || isUnreachableMessage(message);
  if (unreachable) {
    return new ExecError('EXEC_CONNECT_FAILED', message, facts);
  }
  return new ExecStartError('EXEC_REFUSED', message, facts);
}

/** The body as far as it comes: the status line alone is worth an error message. */
function readBody(socket: ByteSocket, { head, rest }: Refusal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = Buffer.alloc(0);
  const finish = (): void => {
    clearTimeout(timer);
    resolve(responseBody(head, received).bytes.toString('utf8'));
  };
  const take = (bytes: Buffer): void => {
    received = Buffer.concat([received, bytes]);
    if (responseBody(head, received).whole || received.length > MAX_BODY_BYTES) finish();
  };
  const timer = setTimeout(finish, BODY_TIMEOUT_MS);
  socket.stream.once('close', finish);
  socket.receive = take;
  take(rest);
  return promise;
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

/** `Retry-After` in seconds or as a date. */
function retryAfter(header: string | undefined): { retryAfterMs?: number } {
  if (header === undefined) return {};
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}
