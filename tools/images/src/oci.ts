import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Layer } from './layer.ts';
import { tar, type TarEntry } from './tar.ts';

/** What a container of the image starts with; the OCI names of these fields. */
export type ImageConfig = {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
};

/** An image to write. `name` is complete, as containerd wants it: `docker.io/library/danube-api:latest`. */
export type Image = {
  readonly name: string;
  readonly config: ImageConfig;
  /** From the lowest to the uppermost. */
  readonly layers: readonly Layer[];
};

/** What was written. */
export type ImageFile = { readonly name: string; readonly file: string; readonly digest: string };

/**
 * Writes an OCI image layout as one tar, as `ctr images import` reads it. The same image gives the same bytes.
 * The file appears whole or not at all. Format: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export const writeImage = async (image: Image, file: string): Promise<ImageFile> => {
  const { entries, digest } = imageEntries(image);
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.part`;
  await pipeline(Readable.from(tar(entries), { objectMode: false }), createWriteStream(temporary));
  await rename(temporary, file);
  return { name: image.name, file, digest };
};

/** The files of an image's layout, and the digest of its manifest. */
export const imageEntries = ({ name, config, layers }: Image): { entries: TarEntry[]; digest: string } => {
  const configBlob = jsonBlob('application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: configBlob.descriptor,
    layers: layers.map(({ digest, size }) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size })),
  });
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest.descriptor, annotations: { 'io.containerd.image.name': name } }],
  };
  const entries: TarEntry[] = [
    { type: 'file', path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    { type: 'file', path: 'index.json', content: JSON.stringify(index) },
    { type: 'directory', path: 'blobs' },
    { type: 'directory', path: 'blobs/sha256' },
    { type: 'file', path: blobPath(configBlob.descriptor.digest), content: configBlob.bytes },
    { type: 'file', path: blobPath(manifest.descriptor.digest), content: manifest.bytes },
    ...layers.map((layer): TarEntry => ({ type: 'file', path: blobPath(layer.digest), content: { file: layer.file } })),
  ];
  return { entries, digest: manifest.descriptor.digest };
};

const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

const jsonBlob = (mediaType: string, value: unknown) => {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
};
