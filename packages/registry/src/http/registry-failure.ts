import type { RegistryErrorCode } from '../errors/codes.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { readBody, type WireResponse } from './wire.ts';

const MAX_ERROR_BYTES = 64 * 1024;

/** The error that an answer with an error status is. Reads its body. */
export const registryFailure = async (response: WireResponse, nowMs: number): Promise<RegistryError> => {
  const text = await readBody(response, MAX_ERROR_BYTES).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
  const { status, label: request, headers } = response;
  const reason = reasonIn(text);
  const retryAfterMs = retryAfter(headers['retry-after'], nowMs);
  return new RegistryError(codeOf({ status, reason, text }), { request, status, reason, retryAfterMs });
};

/** The first error code of an OCI error body (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes). */
const reasonIn = (text: string): string | undefined => {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown }[] };
    const code = errors?.[0]?.code;
    return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
};

type Answer = { readonly status: number; readonly reason: string | undefined; readonly text: string };

const codeOf = ({ status, reason, text }: Answer): RegistryErrorCode => {
  // distribution answers 500 UNKNOWN for both, with the system's words in the detail.
  if (status >= 500 && /no space left|quota exceeded/i.test(text)) return 'StorageFull';
  if (status >= 500 && /permission denied|read-only file system/i.test(text)) return 'StorageUnwritable';
  if (reason === 'BLOB_UPLOAD_UNKNOWN' || reason === 'BLOB_UPLOAD_INVALID') return 'UploadLost';
  if (status === 400 && reason === 'DIGEST_INVALID') return 'DigestMismatch';
  return byStatus[status] ?? (status >= 500 ? 'RegistryFailed' : 'Rejected');
};

const byStatus: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'Unauthorized',
  403: 'Denied',
  404: 'NotFound',
  405: 'Unsupported',
  408: 'RegistryFailed',
  416: 'RangeRefused',
  429: 'TooManyRequests',
  501: 'Unsupported',
};

const retryAfter = (value: string | undefined, nowMs: number): number | undefined => {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
};
