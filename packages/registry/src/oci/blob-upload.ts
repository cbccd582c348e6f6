import { hasCode, RegistryError } from '../errors/registry-error.ts';
import type { RegistryHttp } from '../http/registry-http.ts';
import { discard, type RequestBody, type WireResponse } from '../http/wire.ts';
import type { BlobSource } from './blob-source.ts';
import type { Descriptor } from './descriptor.ts';
import { isDigest } from './digest.ts';

/** A blob to write. */
export type BlobUpload = {
  readonly repository: string;
  readonly scope: string;
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>;
  readonly source: BlobSource;
  /** Another repository of the registry that may have it already. */
  readonly mountFrom?: string | undefined;
  /** Sends it in pieces of this size. @default in one piece */
  readonly chunkBytes?: number | undefined;
  /** Hears how many bytes the registry has been sent; fewer than before after a resume. */
  readonly onBytes?: ((sent: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** How the blob got there. */
export type UploadOutcome = 'uploaded' | 'mounted';

/** An upload that the registry has begun. */
type Session = { readonly location: URL; readonly offset: number; readonly chunkBytes: number | undefined };

/** An upload that makes no progress any more is begun anew so often. */
const MAX_RESTARTS = 5;

/**
 * Uploads a blob. A connection that breaks on the way is made again: the registry is asked how much it has, and gets the
 * rest. If it has forgotten the upload, everything is sent anew. The registry compares the digest at the end.
 */
export const uploadBlob = async (http: RegistryHttp, upload: BlobUpload): Promise<UploadOutcome> => {
  const { descriptor, source } = upload;
  if (source.size !== descriptor.size) {
    throw new RegistryError('SizeMismatch', {
      detail: `${descriptor.digest}: the source has ${source.size} bytes instead of ${descriptor.size}`,
    });
  }
  for (let restarts = 0; ; restarts += 1) {
    // The answer to the end of an upload may have been lost: then there is nothing left to do.
    if (restarts > 0 && (await isThere(http, upload))) return 'uploaded';
    const begun = await http.retry(() => begin(http, upload), upload.signal);
    if (begun === 'mounted') return 'mounted';
    try {
      await send(http, upload, begun);
      return 'uploaded';
    } catch (error) {
      if (hasCode(error, 'UploadLost', 'RangeRefused') && restarts < MAX_RESTARTS) continue;
      await cancel(http, upload, begun);
      throw error;
    }
  }
};

const isThere = async (http: RegistryHttp, { repository, scope, descriptor, signal }: BlobUpload): Promise<boolean> => {
  const target = `${repository}/blobs/${descriptor.digest}`;
  const response = await http.send({ method: 'HEAD', target, scope, signal, expect: [200, 404] });
  await discard(response);
  return response.status === 200;
};

/** Begins an upload, or has the blob mounted. */
const begin = async (http: RegistryHttp, upload: BlobUpload): Promise<Session | 'mounted'> => {
  const { repository, scope, descriptor, mountFrom, signal } = upload;
  const target = `${repository}/blobs/uploads/`;
  const response = await http.sendOnce({
    method: 'POST',
    target,
    ...(mountFrom === undefined ? {} : { query: { mount: descriptor.digest, from: mountFrom } }),
    scope: mountFrom === undefined ? scope : `${scope} repository:${mountFrom}:pull`,
    headers: { 'content-length': '0' },
    signal,
    expect: mountFrom === undefined ? [202] : [201, 202],
  });
  await discard(response);
  if (response.status === 201) return 'mounted';
  return session(http, response, { requested: http.urlOf(target), offset: 0, chunkBytes: upload.chunkBytes });
};

const session = (
  http: RegistryHttp,
  response: WireResponse,
  { requested, offset, chunkBytes }: { requested: URL; offset: number; chunkBytes: number | undefined },
): Session => {
  const least = Number(response.headers['oci-chunk-min-length'] ?? Number.NaN);
  const pieces = chunkBytes === undefined || !(least > chunkBytes) ? chunkBytes : least;
  return { location: http.locationOf(response, requested), offset, chunkBytes: pieces };
};

/** Sends everything and closes the upload, going on after each break from where the registry is. */
const send = async (http: RegistryHttp, upload: BlobUpload, begun: Session): Promise<void> => {
  const { descriptor, signal } = upload;
  let at = begun;
  for (let stalls = 0; ; stalls += 1) {
    try {
      while (at.chunkBytes !== undefined && at.offset + at.chunkBytes < descriptor.size)
        at = await piece(http, upload, at);
      await finish(http, upload, at);
      return;
    } catch (error) {
      if (!mayResume(error) || signal?.aborted === true) throw error;
      const found = await stateOf(http, upload, at);
      if (found.offset > at.offset) stalls = 0;
      else await http.waitAfter(error, stalls, signal);
      at = found;
    }
  }
};

const mayResume = (error: unknown): error is RegistryError =>
  hasCode(error, 'TransportFailed', 'Timeout', 'RangeRefused', 'RegistryFailed', 'TooManyRequests');

const piece = async (http: RegistryHttp, upload: BlobUpload, at: Session): Promise<Session> => {
  const bytes = Math.min(at.chunkBytes ?? Infinity, upload.descriptor.size - at.offset);
  const response = await http.sendOnce({
    method: 'PATCH',
    target: at.location,
    scope: upload.scope,
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `${at.offset}-${at.offset + bytes - 1}`,
    },
    body: bodyFrom(upload, at.offset, bytes),
    signal: upload.signal,
    expect: [202],
  });
  await discard(response);
  const offset = at.offset + bytes;
  const got = offsetIn(response.headers.range);
  if (got !== undefined && got !== offset) throw new RegistryError('RangeRefused', { request: response.label });
  return session(http, response, { requested: at.location, offset, chunkBytes: at.chunkBytes });
};

/** The last bytes, and the digest that all of them must have. */
const finish = async (http: RegistryHttp, upload: BlobUpload, at: Session): Promise<void> => {
  const { descriptor, scope, signal } = upload;
  // A registry may take bytes in a PUT for the whole: after the first piece they go before it.
  const last =
    at.offset === 0 || at.offset === descriptor.size ? at : await piece(http, upload, { ...at, chunkBytes: Infinity });
  const bytes = descriptor.size - last.offset;
  const response = await http.sendOnce({
    method: 'PUT',
    target: last.location,
    query: { digest: descriptor.digest },
    scope,
    headers: { 'content-type': 'application/octet-stream', ...(bytes === 0 ? { 'content-length': '0' } : {}) },
    ...(bytes === 0 ? {} : { body: bodyFrom(upload, last.offset, bytes) }),
    signal,
    expect: [201],
  });
  await discard(response);
  const told = response.headers['docker-content-digest'];
  if (typeof told === 'string' && isDigest(told) && told !== descriptor.digest) {
    throw new RegistryError('DigestMismatch', {
      detail: `${descriptor.digest} was sent, the registry stored ${told}`,
      request: response.label,
    });
  }
};

/** Where the registry is. When it has the blob already, an answer was lost and all is well. */
const stateOf = async (http: RegistryHttp, upload: BlobUpload, at: Session): Promise<Session> => {
  const { scope, signal } = upload;
  const response = await http.send({ method: 'GET', target: at.location, scope, signal, expect: [204] });
  await discard(response);
  const offset = offsetIn(response.headers.range) ?? 0;
  // "0-0" is said for nothing as well as for one byte.
  if (offset === 1) throw new RegistryError('UploadLost', { detail: 'how much it has is not clear' });
  return session(http, response, { requested: at.location, offset, chunkBytes: at.chunkBytes });
};

/** How many bytes `Range: 0-N` stands for. */
const offsetIn = (range: string | undefined): number | undefined => {
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(range ?? '') ?? [];
  return last === undefined ? undefined : Number(last) + 1;
};

const bodyFrom = ({ source, onBytes }: BlobUpload, offset: number, bytes: number): RequestBody => ({
  bytes,
  async *open() {
    let left = bytes;
    for await (const chunk of source.open(offset)) {
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      yield part;
      onBytes?.(offset + bytes - left);
      if (left === 0) break;
    }
  },
});

/** Tells the registry that nothing more comes. It is a courtesy: what goes wrong with it does not matter. */
const cancel = async (http: RegistryHttp, { scope }: BlobUpload, { location }: Session): Promise<void> => {
  try {
    const signal = AbortSignal.timeout(2_000);
    await discard(await http.sendOnce({ method: 'DELETE', target: location, scope, signal, expect: [200, 204, 404] }));
  } catch {
    // see above
  }
};
