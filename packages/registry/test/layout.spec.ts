import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyImage, createLayout, OciClient, openLayout, repositoryStore } from '../src/index.ts';
import { randomImage } from './blobs.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
let directory: string;
let fake: FakeRegistry;
let client: OciClient;
const image = randomImage([70_000, 1, 0]);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'danube-layout-'));
  fake = await startFakeRegistry();
  client = new OciClient({ registry: fake.url, retryForMs: 0 });
  for (const { content, descriptor } of image.blobs) fake.blobs.set(descriptor.digest, content);
  fake.manifests.set('app@v1', { bytes: image.bytes, mediaType });
});
afterEach(async () => {
  await client.close();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const place = (repository: string) => repositoryStore({ client, repository, registry: fake.url });
const pull = async (path: string) => {
  await using layout = await createLayout(path);
  const copied = await copyImage(place('app'), layout, { from: 'v1', name: 'v1' });
  await layout.close();
  return copied;
};

describe.each([['layout'], ['layout.tar']])('an image in %s', (name) => {
  it('comes out of a registry and goes into one with the same bytes', async () => {
    const path = join(directory, name);
    expect((await pull(path)).descriptor.digest).toBe(image.digest);
    fake.blobs.clear();
    const copied = await copyImage(await openLayout(path), place('other'), { from: 'v1', name: 'v2' });
    expect(copied.blobs.uploaded).toBe(image.blobs.length);
    expect(fake.manifests.get('other@v2')?.bytes.equals(image.bytes)).toBe(true);
    for (const { content, descriptor } of image.blobs)
      expect(fake.blobs.get(descriptor.digest)?.equals(content)).toBe(true);
  });

  it('is found by digest and as the only one, and not by a name that it does not have', async () => {
    const path = join(directory, name);
    await pull(path);
    const layout = await openLayout(path);
    expect((await layout.readManifest(image.digest)).descriptor.digest).toBe(image.digest);
    expect((await layout.readManifest(undefined)).descriptor.digest).toBe(image.digest);
    await expect(layout.readManifest('v9')).rejects.toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('the layout has: v1'),
    });
  });

  it('does not appear under its name when a blob is not what its digest says', async () => {
    const [blob] = image.blobs.slice(1);
    fake.blobs.set(blob!.descriptor.digest, Buffer.alloc(blob!.content.length));
    const path = join(directory, name);
    await expect(pull(path)).rejects.toMatchObject({ code: 'DigestMismatch' });
    const files = await readdir(directory, { recursive: true });
    expect(files.filter((file) => /index\.json$|\.tar$|\.part$/.test(file))).toEqual([]);
    await expect(openLayout(path).then((layout) => layout.readManifest('v1'))).rejects.toMatchObject({
      code: 'LayoutInvalid',
    });
  });
});

describe('a layout', () => {
  it('that was damaged on disk is refused by what it is pushed to', async () => {
    const path = join(directory, 'layout');
    await pull(path);
    const file = join(path, 'blobs', image.blobs[1]!.descriptor.digest.replace(':', '/'));
    const bytes = await readFile(file);
    bytes[100]! ^= 1;
    await writeFile(file, bytes);
    fake.blobs.clear();
    const pushing = copyImage(await openLayout(path), place('other'), { name: 'v1' });
    await expect(pushing).rejects.toMatchObject({ code: 'DigestMismatch' });
    expect(fake.manifests.has('other@v1')).toBe(false);
  });

  it.each([['nothing'], ['text']])('is not %s', async (what) => {
    const path = join(directory, what);
    if (what === 'text') await writeFile(path, 'hello');
    await expect(openLayout(path)).rejects.toMatchObject({ code: 'LayoutInvalid' });
  });
});
