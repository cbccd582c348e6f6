import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, copyImage, OciClient, repositoryStore, type TransferEvent } from '../src/index.ts';
import { collect, list, manifestOf, randomBlob, randomImage } from './blobs.ts';
import { end, type FakeRegistry, startFakeRegistry } from './fake-registry.ts';

let fake: FakeRegistry;
let client: OciClient;
let waits: number[];
/** Waits are noted, and over at once. */
const clock: Clock = {
  now: Date.now,
  random: () => 0.5,
  sleep: (ms) => {
    waits.push(ms);
    return Promise.resolve();
  },
};

beforeEach(async () => {
  waits = [];
  fake = await startFakeRegistry();
  client = new OciClient({ registry: fake.url, clock, idleTimeoutMs: 2_000 });
});
afterEach(async () => {
  await client.close();
  await fake[Symbol.asyncDispose]();
});

const repository = () => client.repository('team/app');
/** Lets the first `count` requests that fit be treated by something else. */
const times = (
  count: number,
  fits: (method: string, path: string) => boolean,
  treat: Parameters<FakeRegistry['misbehave']>[0],
) => {
  let left = count;
  fake.misbehave((request, response, seen) => {
    if (left === 0 || !fits(seen.method, seen.url.pathname)) return false;
    left -= 1;
    return treat(request, response, seen);
  });
};
const isUpload = (wanted: string) => (method: string, path: string) => method === wanted && path.includes('/uploads/');
const isBlob = (method: string, path: string) => method === 'GET' && path.includes('/blobs/sha256:');

describe('uploading to a registry that misbehaves', () => {
  it('sends a blob as one body and skips one that is there', async () => {
    const { content, descriptor, source } = randomBlob(3_000_000);
    expect(await repository().pushBlob(descriptor, source)).toBe('uploaded');
    expect(fake.blobs.get(descriptor.digest)?.equals(content)).toBe(true);
    expect(fake.seen.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT']);
    expect(await repository().pushBlob(descriptor, source)).toBe('existing');
  });

  it('goes on from where the registry is when the connection breaks in the middle', async () => {
    const { content, descriptor, source } = randomBlob(5_000_000);
    let taken = 0;
    times(1, isUpload('PUT'), async (request, _response, { url }) => {
      const id = url.pathname.split('/').at(-1)!;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        fake.uploads.set(id, Buffer.concat([fake.uploads.get(id)!, chunk]));
        taken = fake.uploads.get(id)!.length;
        if (taken > 2_000_000) request.socket.destroy();
      }
      return true;
    });
    expect(await repository().pushBlob(descriptor, source)).toBe('uploaded');
    expect(fake.blobs.get(descriptor.digest)?.equals(content)).toBe(true);
    const resumed = fake.seen.find(({ method }) => method === 'PATCH');
    expect(resumed?.headers['content-range']).toBe(`${taken}-4999999`);
  });

  it('begins anew when the registry has forgotten the upload', async () => {
    const { content, descriptor, source } = randomBlob(100_000);
    times(1, isUpload('PUT'), (request, response) => {
      request.resume();
      fake.uploads.clear();
      end(response, 404, { code: 'BLOB_UPLOAD_UNKNOWN' });
      return true;
    });
    expect(await repository().pushBlob(descriptor, source)).toBe('uploaded');
    expect(fake.blobs.get(descriptor.digest)?.equals(content)).toBe(true);
    expect(fake.seen.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  it('does not send a blob again when only the answer to its end was lost', async () => {
    const { content, descriptor, source } = randomBlob(100_000);
    times(1, isUpload('PUT'), async (request, _response, { url }) => {
      await collect(request as AsyncIterable<Buffer>);
      fake.blobs.set(descriptor.digest, content);
      fake.uploads.delete(url.pathname.split('/').at(-1)!);
      request.socket.destroy();
      return true;
    });
    expect(await repository().pushBlob(descriptor, source)).toBe('uploaded');
    expect(fake.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  it('reads the offset again when the registry refuses a range', async () => {
    const { content, descriptor, source } = randomBlob(300_000);
    times(1, isUpload('PATCH'), (request, response, { url }) => {
      const id = url.pathname.split('/').at(-1)!;
      request.resume();
      fake.uploads.set(id, content.subarray(0, 150_000));
      end(response, 416);
      return true;
    });
    expect(await repository().pushBlob(descriptor, source, { chunkBytes: 100_000 })).toBe('uploaded');
    expect(fake.blobs.get(descriptor.digest)?.equals(content)).toBe(true);
    expect(fake.seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])).toEqual(
      ['0-99999', '150000-249999', '250000-299999'],
    );
  });

  it('sends no chunk that is smaller than the registry wants', async () => {
    fake.uploadHeaders['OCI-Chunk-Min-Length'] = '120000';
    const { descriptor, source } = randomBlob(300_000);
    await repository().pushBlob(descriptor, source, { chunkBytes: 1_000 });
    expect(fake.seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])).toEqual(
      ['0-119999', '120000-239999', '240000-299999'],
    );
  });

  it('gives up an upload that never makes progress, and cancels it', async () => {
    const { descriptor, source } = randomBlob(100_000);
    times(Infinity, isUpload('PUT'), (request, response) => {
      request.resume();
      end(response, 503);
      return true;
    });
    await expect(repository().pushBlob(descriptor, source)).rejects.toMatchObject({ code: 'UploadLost' });
    expect(fake.blobs.size).toBe(0);
    expect(fake.seen.at(-1)?.method).toBe('DELETE');
  });

  it('says that the storage is full and does not try again', async () => {
    const { descriptor, source } = randomBlob(100_000);
    times(Infinity, isUpload('PUT'), (request, response) => {
      request.resume();
      end(response, 500, { body: '{"errors":[{"code":"UNKNOWN","detail":"write /x: no space left on device"}]}' });
      return true;
    });
    await expect(repository().pushBlob(descriptor, source)).rejects.toMatchObject({ code: 'StorageFull', status: 500 });
    expect(fake.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  it('fails when the source is not what the descriptor says, and leaves no blob', async () => {
    const { descriptor } = randomBlob(1000);
    await expect(repository().pushBlob(descriptor, randomBlob(1000).source)).rejects.toMatchObject({
      code: 'DigestMismatch',
    });
    await expect(repository().pushBlob(descriptor, randomBlob(999).source)).rejects.toMatchObject({
      code: 'SizeMismatch',
    });
    expect(fake.blobs.size).toBe(0);
  });

  it('refuses a registry that stored something else', async () => {
    const { descriptor, source } = randomBlob(1000);
    const other = randomBlob(1).descriptor.digest;
    times(1, isUpload('PUT'), (request, response) => {
      request.resume();
      end(response, 201, { headers: { 'docker-content-digest': other } });
      return true;
    });
    await expect(repository().pushBlob(descriptor, source)).rejects.toMatchObject({ code: 'DigestMismatch' });
  });

  it('mounts a blob from another repository, and uploads it when that does not work', async () => {
    const { content, descriptor, source } = randomBlob(1000);
    times(
      2,
      (method) => method === 'HEAD',
      (_request, response) => {
        end(response, 404);
        return true;
      },
    );
    fake.blobs.set(descriptor.digest, content);
    expect(await repository().pushBlob(descriptor, source, { mountFrom: 'team/base' })).toBe('mounted');
    fake.blobs.clear();
    expect(await repository().pushBlob(descriptor, source, { mountFrom: 'team/base' })).toBe('uploaded');
    expect(fake.blobs.size).toBe(1);
  });
});

describe('reading from a registry that misbehaves', () => {
  const blob = randomBlob(2_000_000);
  beforeEach(() => void fake.blobs.set(blob.descriptor.digest, blob.content));
  const read = () => collect(repository().readBlob(blob.descriptor));

  it('asks for the rest when the connection breaks', async () => {
    times(2, isBlob, (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': blob.content.length - from,
        'content-range': `bytes ${from}-${blob.content.length - 1}/${blob.content.length}`,
      });
      response.write(blob.content.subarray(from, from + 700_000), () => request.socket.destroy());
      return true;
    });
    expect((await read()).equals(blob.content)).toBe(true);
    expect(fake.seen.length).toBe(3);
  });

  it('starts over where ranges are not known, and hands no byte on twice', async () => {
    times(1, isBlob, (request, response) => {
      response.writeHead(200, { 'content-length': blob.content.length });
      response.write(blob.content.subarray(0, 700_000), () => request.socket.destroy());
      return true;
    });
    times(
      1,
      (method, path) => isBlob(method, path) && fake.seen.length > 1,
      (_request, response) => {
        end(response, 200, { body: blob.content });
        return true;
      },
    );
    expect((await read()).equals(blob.content)).toBe(true);
  });

  it.each([
    {
      name: 'one changed byte',
      make: (b: Buffer) => Buffer.concat([b.subarray(0, -1), Buffer.from([b.at(-1)! ^ 1])]),
      code: 'DigestMismatch',
    },
    { name: 'a byte too few', make: (b: Buffer) => b.subarray(0, -1), code: 'SizeMismatch' },
    { name: 'a byte too many', make: (b: Buffer) => Buffer.concat([b, b.subarray(0, 1)]), code: 'SizeMismatch' },
  ])('refuses $name', async ({ make, code }) => {
    times(1, isBlob, (_request, response) => {
      end(response, 200, { body: make(blob.content) });
      return true;
    });
    await expect(read()).rejects.toMatchObject({ code });
  });

  it('refuses a body without a length that is too long before it has read it all', async () => {
    let sent = 0;
    times(1, isBlob, (request, response) => {
      response.writeHead(200);
      const more = (): void => {
        if (request.destroyed || sent > 200_000_000) return;
        sent += 1_000_000;
        response.write(Buffer.alloc(1_000_000), () => setImmediate(more));
      };
      more();
      return true;
    });
    await expect(read()).rejects.toMatchObject({ code: 'SizeMismatch' });
    expect(sent).toBeLessThan(200_000_000);
  });

  it('gives up a connection on which nothing moves', async () => {
    await client.close();
    client = new OciClient({ registry: fake.url, clock, idleTimeoutMs: 50, retryForMs: 0 });
    fake.misbehave(() => true);
    await expect(client.ping()).rejects.toMatchObject({ code: 'Timeout' });
  });

  it('ends at once when it is aborted', async () => {
    const stop = new AbortController();
    times(1, isBlob, (_request, response) => {
      response.writeHead(200, { 'content-length': blob.content.length });
      response.write(blob.content.subarray(0, 1000), () => stop.abort());
      return true;
    });
    const reading = collect(repository().readBlob(blob.descriptor, { signal: stop.signal }));
    await expect(reading).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('waits as long as the registry says, and no longer than it has time', async () => {
    times(
      1,
      () => true,
      (_request, response) => {
        end(response, 429, { headers: { 'retry-after': '7' } });
        return true;
      },
    );
    expect(await repository().findBlob(blob.descriptor.digest)).toEqual({ size: 2_000_000 });
    expect(waits).toEqual([7000]);
    fake.misbehave((_request, response) => {
      end(response, 503, { headers: { 'retry-after': '3600' } });
      return true;
    });
    await expect(repository().findBlob(blob.descriptor.digest)).rejects.toMatchObject({
      status: 503,
      retryAfterMs: 3_600_000,
    });
    expect(waits).toEqual([7000]);
  });
});

describe('manifests of a registry that misbehaves', () => {
  const image = randomImage([10]);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const store = (bytes: Buffer) => fake.manifests.set('team/app@v1', { bytes, mediaType });
  const without = (header: string) =>
    fake.misbehave((_request, response) => {
      const writeHead = response.writeHead.bind(response) as (
        status: number,
        headers: Record<string, string>,
      ) => ServerResponse;
      response.writeHead = ((status: number, headers: Record<string, string>) => {
        return writeHead(status, Object.fromEntries(Object.entries(headers).filter(([key]) => key !== header)));
      }) as never;
      return false;
    });

  it('computes the digest when the registry does not say it', async () => {
    store(image.bytes);
    without('docker-content-digest');
    expect((await repository().readManifest('v1')).descriptor.digest).toBe(image.digest);
    expect(await repository().findManifest('v1')).toMatchObject({ digest: image.digest, mediaType });
  });

  it('refuses bytes that are not those of the digest asked for, or said', async () => {
    const other = randomImage([11]);
    fake.manifests.set(`team/app@${image.digest}`, { bytes: other.bytes, mediaType });
    await expect(repository().readManifest(image.digest)).rejects.toMatchObject({ code: 'DigestMismatch' });
    store(image.bytes);
    times(
      1,
      () => true,
      (_request, response) => {
        end(response, 200, {
          body: image.bytes,
          headers: { 'docker-content-digest': other.digest, 'content-type': mediaType },
        });
        return true;
      },
    );
    await expect(repository().readManifest('v1')).rejects.toMatchObject({ code: 'DigestMismatch' });
  });

  it.each([['<html>'], ['[]'], ['{"config":{"digest":"sha256:1","size":1}}']])('refuses %s', async (text) => {
    store(Buffer.from(text));
    await expect(repository().readManifest('v1')).rejects.toMatchObject({ code: 'BadResponse' });
  });

  it('reads tags page by page', async () => {
    fake.tags = ['a', 'b', 'c', 'd', 'e'];
    expect(await list(repository().tags())).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(fake.seen).toHaveLength(3);
  });

  it('does not read for ever from a registry whose pages go round', async () => {
    fake.misbehave((_request, response) => {
      end(response, 200, { body: '{"tags":["a"]}', headers: { link: '</v2/team/app/tags/list?n=1>; rel="next"' } });
      return true;
    });
    expect(await list(repository().tags())).toEqual(['a']);
  });

  it('keeps referrers under a tag where there is no API for them', async () => {
    const subject = { mediaType, digest: image.digest, size: image.bytes.length };
    const signature = randomImage([20]);
    for (const { descriptor, source } of signature.blobs) await repository().pushBlob(descriptor, source);
    const [config, ...layers] = signature.blobs.map(({ descriptor }) => descriptor);
    const bytes = manifestOf(config!, layers, { subject, artifactType: 'application/x.signature' });
    const { digest } = await repository().pushManifest({ bytes, mediaType });
    await repository().pushManifest({ bytes, mediaType });
    expect(await repository().referrers(image.digest)).toMatchObject([
      { digest, artifactType: 'application/x.signature' },
    ]);
    expect(await repository().referrers(image.digest, { artifactType: 'other' })).toEqual([]);
  });
});

describe('credentials', () => {
  const credentials = { username: 'job', password: 'pass-word' };
  const withCredentials = async () => {
    await client.close();
    client = new OciClient({ registry: fake.url, clock, credentials });
  };

  it('are not forwarded to where a redirect leads', async () => {
    await withCredentials();
    await using other = await startFakeRegistry();
    const { content, descriptor } = randomBlob(1000);
    other.misbehave((_request, response) => {
      end(response, 200, { body: content });
      return true;
    });
    fake.misbehave((request, response, { url }) => {
      if (request.headers.authorization === undefined)
        end(response, 401, { headers: { 'www-authenticate': 'Basic realm="r"' } });
      else end(response, 307, { headers: { location: `${other.url}${url.pathname}?signature=s` } });
      return true;
    });
    expect((await collect(repository().readBlob(descriptor))).equals(content)).toBe(true);
    expect(fake.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]!.headers.authorization).toBeUndefined();
  });

  it('are turned into a token for each scope, once', async () => {
    await withCredentials();
    const { descriptor, source } = randomBlob(1000);
    fake.misbehave((request, response, { url }) => {
      if (url.pathname === '/token') {
        const scope = url.searchParams.get('scope');
        end(response, 200, { body: JSON.stringify({ token: `for ${scope}`.replaceAll(' ', '_'), expires_in: 300 }) });
        return true;
      }
      const wanted = url.pathname.includes('/uploads/') ? 'pull,push' : 'pull';
      if (request.headers.authorization === `Bearer for_repository:team/app:${wanted}`) return false;
      end(response, 401, {
        headers: {
          'www-authenticate': `Bearer realm="${fake.url}/token",service="reg",scope="repository:team/app:${wanted}"`,
        },
      });
      return true;
    });
    await repository().pushBlob(descriptor, source);
    await repository().findBlob(descriptor.digest);
    const tokens = fake.seen.filter(({ url }) => url.pathname === '/token');
    expect(tokens.map(({ url }) => url.searchParams.get('scope'))).toEqual([
      'repository:team/app:pull',
      'repository:team/app:pull,push',
    ]);
    expect(tokens[0]!.headers.authorization).toMatch(/^Basic /);
  });

  it('are asked for again when a token is no longer accepted', async () => {
    await withCredentials();
    let issued = 0;
    let accepted = 1;
    fake.misbehave((request, response, { url }) => {
      if (url.pathname === '/token')
        end(response, 200, { body: JSON.stringify({ access_token: `t${(issued += 1)}` }) });
      else if (request.headers.authorization === `Bearer t${accepted}`) return false;
      else end(response, 401, { headers: { 'www-authenticate': 'Bearer realm="/token"' } });
      return true;
    });
    expect(await repository().findManifest('v1')).toBeUndefined();
    accepted = 2;
    expect(await repository().findManifest('v1')).toBeUndefined();
    expect(issued).toBe(2);
  });

  it('are refused once and in words that hold nothing of them', async () => {
    await withCredentials();
    fake.misbehave((_request, response) => {
      end(response, 401, { code: 'UNAUTHORIZED', headers: { 'www-authenticate': 'Basic realm="r"' } });
      return true;
    });
    const failure = await repository()
      .readManifest('v1')
      .then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    expect(failure).toMatchObject({ code: 'Unauthorized', status: 401, reason: 'UNAUTHORIZED' });
    expect(failure?.message).toBe(
      'the registry does not accept the credentials (GET /v2/team/app/manifests/v1, 401, UNAUTHORIZED)',
    );
    expect(fake.seen).toHaveLength(2);
  });
});

describe('copying an image', () => {
  it('never names an image before all of it is there, whatever fails', async () => {
    const image = randomImage([50_000, 60_000, 70_000]);
    await using source = await startFakeRegistry();
    for (const { content, descriptor } of image.blobs) source.blobs.set(descriptor.digest, content);
    source.manifests.set('from@v1', { bytes: image.bytes, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
    await using reader = new OciClient({ registry: source.url, clock });
    const copy = () =>
      copyImage(
        repositoryStore({ client: reader, repository: 'from', registry: source.url }),
        repositoryStore({ client, repository: 'team/app', registry: fake.url }),
        { from: 'v1', name: 'v1', onEvent: (event) => events.push(event) },
      );
    const events: TransferEvent[] = [];
    times(
      1,
      (method, path) => isUpload('PUT')(method, path) && fake.blobs.size === 2,
      (request, response) => {
        request.resume();
        end(response, 403, { code: 'DENIED' });
        return true;
      },
    );
    await expect(copy()).rejects.toMatchObject({ code: 'Denied' });
    expect(fake.manifests.size).toBe(0);

    events.length = 0;
    const copied = await copy();
    expect(copied.descriptor.digest).toBe(image.digest);
    expect(copied.blobs.existing + copied.blobs.uploaded).toBe(4);
    expect(copied.blobs.existing).toBeGreaterThanOrEqual(2);
    expect(fake.manifests.get('team/app@v1')?.bytes.equals(image.bytes)).toBe(true);
    expect(events[0]).toEqual({ type: 'planned', blobs: 4, bytes: expect.any(Number) });
    expect(events.at(-1)).toEqual({ type: 'manifest', digest: image.digest, name: 'v1' });

    fake.seen.length = 0;
    expect((await copy()).bytes).toBe(0);
    expect(fake.seen.map(({ method }) => method)).toEqual(['HEAD', 'PUT']);
  });
});
