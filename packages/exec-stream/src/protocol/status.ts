/** What the server says on the status channel. */
export type ServerStatus =
  | { readonly kind: 'success' }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failure'; readonly message: string; readonly reason?: string; readonly status?: number }
  | { readonly kind: 'malformed'; readonly message: string };

interface StatusBody {
  readonly status?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly causes?: unknown } | null;
}

/**
 * Reads a `metav1.Status`. Never throws: what cannot be read is `malformed`, which proves nothing.
 * `Success` is exit code 0 only if something else proves it; see kubernetes/kubernetes#73056 and kubernetes/kubectl#1726.
 */
export function parseStatus(payload: Uint8Array): ServerStatus {
  const text = Buffer.from(payload).toString('utf8');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: 'malformed', message: 'the status is not JSON' };
  }
  if (typeof body !== 'object' || body === null) return { kind: 'malformed', message: 'the status is not an object' };
  return fromBody(body);
}

function fromBody(body: StatusBody): ServerStatus {
  if (body.status === 'Success') return { kind: 'success' };
  if (body.status !== 'Failure') return { kind: 'malformed', message: 'the status is neither Success nor Failure' };
  if (body.reason === 'NonZeroExitCode') {
    const code = exitCodeOf(body.details?.causes);
    return code === undefined ? { kind: 'malformed', message: 'the exit code is missing' } : { kind: 'exit', code };
  }
  return {
    kind: 'failure',
    message: typeof body.message === 'string' ? body.message : 'no message',
    ...(typeof body.reason === 'string' && { reason: body.reason }),
    ...(typeof body.code === 'number' && { status: body.code }),
  };
}

function exitCodeOf(causes: unknown): number | undefined {
  if (!Array.isArray(causes)) return undefined;
  for (const cause of causes as unknown[]) {
    if (typeof cause !== 'object' || cause === null) continue;
    const { reason, message } = cause as { reason?: unknown; message?: unknown };
    if (reason === 'ExitCode' && typeof message === 'string' && /^\d{1,3}$/.test(message)) {
      const code = Number(message);
      if (code >= 1 && code <= 255) return code;
    }
  }
  return undefined;
}
