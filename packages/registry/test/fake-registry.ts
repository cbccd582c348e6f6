import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../src/index.ts';

/** One request that came, as a test looks at it. */
export type Seen = { readonly method: string; readonly url: URL; readonly headers: IncomingMessage['headers'] };

/** How a test misbehaves: return true when the request is dealt with. */
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
) => boolean | Promise<boolean>;

/** A strict registry in this process: it refuses whatever the specification does not allow. */
export type FakeRegistry = AsyncDisposable & {
  readonly url: string;
  readonly seen: Seen[];
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { bytes: Buffer; mediaType: string }>;
  /** Bytes of unfinished uploads by their id. */
  readonly uploads: Map<string, Buffer>;
  /** Comes before the registry's own answer; the last one added first. */
  readonly misbehave: (misbehaviour: Misbehaviour) => void;
  /** Headers put on every answer of the upload routes. */
  readonly uploadHeaders: Record<string, string>;
  tags: string[];
};

/** Starts it on a free port of loopback. */
export const startFakeRegistry = async (): Promise<FakeRegistry> => {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { bytes: Buffer; mediaType: string }>();
  const uploads = new Map<string, Buffer>();
  const misbehaviours: Misbehaviour[] = [];
  const seen: Seen[] = [];
  const uploadHeaders: Record<string, string> = {};
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const entry = { method: request.method ?? '', url, headers: request.headers };
    seen.push(entry);
    void answer(request, response, entry).catch(() => request.destroy());
  });

  const answer = async (request: IncomingMessage, response: ServerResponse, entry: Seen): Promise<unknown> => {
    for (const misbehaviour of misbehaviours) if (await misbehaviour(request, response, entry)) return;
    const { method, url } = entry;
    if (url.pathname === '/v2/') return end(response, 200);
    const [, name = '', kind = '', rest = ''] =
      /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === 'tags') {
      const after = url.searchParams.get('last');
      const from = after === null ? 0 : fake.tags.indexOf(after) + 1;
      const page = fake.tags.slice(from, from + 2);
      const more = from + 2 < fake.tags.length;
      const link = more ? { link: `</v2/${name}/tags/list?n=2&last=${page.at(-1)}>; rel="next"` } : {};
      return end(response, 200, { body: JSON.stringify({ name, tags: page }), headers: link });
    }
    if (kind === 'manifests') return manifestRoute({ name, selector: decodeURIComponent(rest) }, request, response);
    if (kind === 'blobs' && rest.startsWith('uploads/')) return uploadRoute(name, request, response);
    if (kind === 'blobs') {
      const blob = blobs.get(rest);
      if (blob === undefined) return end(response, 404, { code: 'BLOB_UNKNOWN' });
      if (method === 'DELETE') {
        blobs.delete(rest);
        return end(response, 202);
      }
      const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      const from = Number(first ?? 0);
      const headers = {
        'docker-content-digest': rest,
        ...(first === undefined ? {} : { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` }),
      };
      return end(response, first === undefined ? 200 : 206, {
        body: blob.subarray(from),
        headers,
        head: method === 'HEAD',
      });
    }
    return end(response, 404);
  };

  const manifestRoute = async (
    { name, selector }: { name: string; selector: string },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<unknown> => {
    const key = `${name}@${selector}`;
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request);
      const mediaType = request.headers['content-type'] ?? '';
      const parsed = JSON.parse(bytes.toString()) as {
        config?: { digest: string };
        layers?: { digest: string }[];
        manifests?: { digest: string }[];
      };
      for (const { digest } of [...(parsed.config ? [parsed.config] : []), ...(parsed.layers ?? [])])
        if (!blobs.has(digest)) return end(response, 404, { code: 'MANIFEST_BLOB_UNKNOWN' });
      for (const { digest } of parsed.manifests ?? [])
        if (!manifests.has(`${name}@${digest}`)) return end(response, 404, { code: 'MANIFEST_BLOB_UNKNOWN' });
      const digest = digestOf(bytes);
      manifests.set(key, { bytes, mediaType }).set(`${name}@${digest}`, { bytes, mediaType });
      return end(response, 201, { headers: { 'docker-content-digest': digest } });
    }
    const found = manifests.get(key);
    if (found === undefined) return end(response, 404, { code: 'MANIFEST_UNKNOWN' });
    if (request.method === 'DELETE') {
      manifests.delete(key);
      return end(response, 202);
    }
    const headers = { 'content-type': found.mediaType, 'docker-content-digest': digestOf(found.bytes) };
    return end(response, 200, { body: found.bytes, headers, head: request.method === 'HEAD' });
  };

  const uploadRoute = async (name: string, request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const id = url.pathname.split('/').at(-1) ?? '';
    const state = (at: string) => ({
      location: `/v2/${name}/blobs/uploads/${at}?_state=secret-${at}`,
      range: `0-${Math.max((uploads.get(at)?.length ?? 0) - 1, 0)}`,
      ...uploadHeaders,
    });
    if (request.method === 'POST') {
      const mount = url.searchParams.get('mount');
      if (mount !== null && blobs.has(mount)) return end(response, 201);
      const fresh = randomUUID();
      uploads.set(fresh, Buffer.alloc(0));
      return end(response, 202, { headers: state(fresh) });
    }
    const had = uploads.get(id);
    if (had === undefined || url.searchParams.get('_state') !== `secret-${id}`)
      return end(response, 404, { code: 'BLOB_UPLOAD_UNKNOWN' });
    if (request.method === 'GET') return end(response, 204, { headers: state(id) });
    if (request.method === 'DELETE') {
      uploads.delete(id);
      return end(response, 204);
    }
    const [, first] = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '') ?? [];
    if (first !== undefined && Number(first) !== had.length) return end(response, 416, { headers: state(id) });
    for await (const chunk of request as AsyncIterable<Buffer>) {
      uploads.set(id, Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), chunk]));
    }
    const all = uploads.get(id) ?? Buffer.alloc(0);
    if (request.method === 'PATCH') return end(response, 202, { headers: state(id) });
    const digest = url.searchParams.get('digest') ?? '';
    if (digestOf(all) !== digest) return end(response, 400, { code: 'DIGEST_INVALID' });
    uploads.delete(id);
    blobs.set(digest, all);
    return end(response, 201, { headers: { 'docker-content-digest': digest } });
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    blobs,
    manifests,
    uploads,
    uploadHeaders,
    tags: [],
    misbehave: (misbehaviour) => void misbehaviours.unshift(misbehaviour),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
};

/** Ends an answer. `code` makes an OCI error body. Says that the request is dealt with. */
export const end = (
  response: ServerResponse,
  status: number,
  more: { body?: Buffer | string; headers?: Record<string, string>; code?: string; head?: boolean } = {},
): true => {
  const { code, headers = {}, head = false } = more;
  const body = code === undefined ? (more.body ?? '') : JSON.stringify({ errors: [{ code, message: 'secret words' }] });
  response.writeHead(status, { ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers });
  response.end(head ? undefined : body);
  return true;
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};
