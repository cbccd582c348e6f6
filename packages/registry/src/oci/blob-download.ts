import { RegistryError } from '../errors/registry-error.ts';
import type { RegistryHttp } from '../http/registry-http.ts';
import { bodyOf, isBroken, type WireResponse } from '../http/wire.ts';
import type { Descriptor } from './descriptor.ts';
import { Verifier } from './verified.ts';

/** A blob to read. */
export type BlobDownload = {
  readonly repository: string;
  readonly scope: string;
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The bytes of a blob, verified as {@link Verifier} does. A connection that breaks on the way is made again and asked
 * for the rest, as long as each one brings something.
 */
export async function* downloadBlob(http: RegistryHttp, download: BlobDownload): AsyncGenerator<Buffer, void> {
  const { descriptor, signal } = download;
  const verifier = new Verifier(descriptor);
  for (;;) {
    const begun = verifier.bytes;
    try {
      for await (const chunk of await openAt(http, download, begun)) {
        verifier.update(chunk);
        yield chunk;
      }
      if (verifier.bytes < descriptor.size) throw cutShort(descriptor, verifier.bytes);
      break;
    } catch (error) {
      const mayGoOn = isBroken(error) && verifier.bytes > begun && signal?.aborted !== true;
      if (!mayGoOn) throw error;
    }
  }
  verifier.end();
}

const cutShort = ({ digest, size }: Pick<Descriptor, 'digest' | 'size'>, bytes: number): RegistryError =>
  new RegistryError('SizeMismatch', { detail: `${digest}: ${bytes} bytes instead of ${size}` });

/** The bytes from an offset on, whether or not the registry knows ranges. */
const openAt = async (
  http: RegistryHttp,
  { repository, scope, descriptor, signal }: BlobDownload,
  offset: number,
): Promise<AsyncIterable<Buffer>> => {
  const response = await http.send({
    method: 'GET',
    target: `${repository}/blobs/${descriptor.digest}`,
    scope,
    headers: { accept: '*/*', ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) },
    signal,
    expect: [200, 206],
  });
  const length = Number(response.headers['content-length'] ?? Number.NaN);
  if (response.status === 200) {
    if (length > descriptor.size) throw tooLong(response, descriptor);
    return offset === 0 ? bodyOf(response, signal) : skip(bodyOf(response, signal), offset);
  }
  const [, first] = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '') ?? [];
  if (Number(first) === offset) return bodyOf(response, signal);
  response.body.destroy();
  throw new RegistryError('BadResponse', {
    detail: 'the registry sent another range than was asked for',
    request: response.label,
  });
};

const tooLong = (response: WireResponse, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): RegistryError => {
  response.body.destroy();
  return new RegistryError('SizeMismatch', {
    detail: `${digest}: ${String(response.headers['content-length'])} bytes are announced instead of ${size}`,
    request: response.label,
  });
};

async function* skip(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer, void> {
  let left = bytes;
  for await (const chunk of chunks) {
    const dropped = Math.min(left, chunk.length);
    left -= dropped;
    if (dropped < chunk.length) yield chunk.subarray(dropped);
  }
}
