import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { writeLayer } from './layer.ts';
import { imageEntries, writeImage } from './oci.ts';
import { tar, type TarEntry } from './tar.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'danube-tar-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const bytesOf = async (entries: readonly TarEntry[]): Promise<Buffer> =>
  buffer(Readable.from(tar(entries), { objectMode: false }));

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

type Manifest = { config: { digest: string }; layers: { digest: string; size: number }[] };
const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

const entries = (big: string): TarEntry[] => [
  { type: 'directory', path: 'bin' },
  { type: 'directory', path: 'tmp', mode: 0o1777 },
  { type: 'file', path: 'bin/tool', content: { file: big }, mode: 0o755 },
  { type: 'file', path: 'hello.txt', content: 'grüße\n' },
  { type: 'symlink', path: 'bin/link', target: 'tool' },
];

describe('tar', () => {
  it('is unpacked by the system to the same tree', async () => {
    const big = join(directory, 'big');
    const content = Buffer.alloc(3_000_001, 'danube ');
    writeFileSync(big, content);
    const archive = join(directory, 'a.tar');
    writeFileSync(archive, await bytesOf(entries(big)));
    const out = mkdtempSync(join(directory, 'out-'));
    execFileSync('tar', ['-xpf', archive, '-C', out]);
    expect(readFileSync(join(out, 'bin/tool')).equals(content)).toBe(true);
    expect(readFileSync(join(out, 'hello.txt'), 'utf8')).toBe('grüße\n');
    expect(readlinkSync(join(out, 'bin/link'))).toBe('tool');
    expect([statSync(join(out, 'bin/tool')).mode & 0o7777, statSync(join(out, 'tmp')).mode & 0o7777]).toEqual([
      0o755, 0o1777,
    ]);
    expect(statSync(join(out, 'hello.txt')).mtimeMs).toBe(0);
  });

  it('is the same for the same entries', async () => {
    const file = join(directory, 'same');
    writeFileSync(file, 'x');
    expect(sha256(await bytesOf(entries(file)))).toBe(sha256(await bytesOf(entries(file))));
  });

  it('says so when a file grows while it is packed', async () => {
    const file = join(directory, 'grows');
    writeFileSync(file, 'x');
    const stream = tar([{ type: 'file', path: 'grows', content: { file } }]);
    await stream.next(); // the header, with the size
    appendFileSync(file, 'y');
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'FileChanged' });
  });
});

describe('writeLayer', () => {
  it('names the file by the digest of its bytes, and leaves nothing else', async () => {
    const layers = join(directory, 'layers');
    const layer = await writeLayer([{ type: 'file', path: 'a', content: 'a' }], layers);
    const bytes = readFileSync(layer.file);
    expect(layer).toEqual({
      digest: sha256(bytes),
      size: bytes.length,
      file: join(layers, `${layer.digest.slice(7)}.tar`),
    });
    expect(readdirSync(layers)).toEqual([`${layer.digest.slice(7)}.tar`]);
  });
});

describe('writeImage', () => {
  const image = async (name: string) => ({
    name,
    config: { Cmd: ['/bin/sh'], User: '1:1' },
    layers: [
      await writeLayer([{ type: 'file', path: 'a', content: 'a' }], join(directory, 'layers')),
      await writeLayer([{ type: 'file', path: 'b', content: 'b' }], join(directory, 'layers')),
    ],
  });

  it('writes an OCI layout in which every reference holds', async () => {
    const file = join(directory, 'image.tar');
    const { digest } = await writeImage(await image('example.local/x:1'), file);
    const out = mkdtempSync(join(directory, 'oci-'));
    execFileSync('tar', ['-xf', file, '-C', out]);
    const read = (path: string): Buffer => readFileSync(join(out, path));
    const blob = (of: string): Buffer => read(`blobs/${of.replace(':', '/')}`);
    for (const hex of readdirSync(join(out, 'blobs/sha256')))
      expect(sha256(blob(`sha256:${hex}`))).toBe(`sha256:${hex}`);

    const index = parse(read('index.json')) as { manifests: object[] };
    expect(index.manifests).toEqual([
      expect.objectContaining({ digest, annotations: { 'io.containerd.image.name': 'example.local/x:1' } }),
    ]);
    const manifest = parse(blob(digest)) as Manifest;
    const config = parse(blob(manifest.config.digest)) as { rootfs: { diff_ids: string[] } };
    expect(config).toMatchObject({ os: 'linux', config: { Cmd: ['/bin/sh'], User: '1:1' } });
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest: each }) => each));
    for (const layer of manifest.layers) expect(blob(layer.digest)).toHaveLength(layer.size);
  });

  it('gives images of the same layers the same blobs', async () => {
    const [one, two] = [imageEntries(await image('a:1')), imageEntries(await image('b:1'))];
    expect(one.digest).toBe(two.digest);
  });
});
