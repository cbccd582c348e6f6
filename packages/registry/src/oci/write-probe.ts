import type { RegistryHttp } from '../http/registry-http.ts';
import { discard } from '../http/wire.ts';

/** Where to write. */
export type WriteProbe = {
  readonly repository: string;
  readonly scope: string;
  readonly signal?: AbortSignal | undefined;
};

const PROBE_BYTES = 64 * 1024;

/** Begins an upload, sends some bytes and cancels it. Nothing is left of it, and nothing is tried twice. */
export const probeWrite = async (http: RegistryHttp, { repository, scope, signal }: WriteProbe): Promise<void> => {
  const target = `${repository}/blobs/uploads/`;
  const headers = { 'content-length': '0' };
  const begun = await http.sendOnce({ method: 'POST', target, scope, headers, signal, expect: [202] });
  await discard(begun);
  let location = http.locationOf(begun, http.urlOf(target));
  try {
    const written = await http.sendOnce({
      method: 'PATCH',
      target: location,
      scope,
      headers: { 'content-type': 'application/octet-stream', 'content-range': `0-${PROBE_BYTES - 1}` },
      body: { bytes: PROBE_BYTES, open: () => once(Buffer.alloc(PROBE_BYTES)) },
      signal,
      expect: [202],
    });
    await discard(written);
    location = http.locationOf(written, location);
  } finally {
    // What a failed write leaves cannot be cancelled in every version; the registry purges it after a day.
    const cancel = { method: 'DELETE', target: location, scope, signal, expect: [200, 202, 204, 404, 416] } as const;
    await http.sendOnce(cancel).then(discard, () => undefined);
  }
};

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}
