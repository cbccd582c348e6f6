import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RegistryError } from '../errors/registry-error.ts';
import { fileSource } from '../oci/blob-source.ts';
import { digestOf } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { indexOf } from '../oci/referrers.ts';
import { counted, verified } from '../oci/verified.ts';
import type { ImageSource, ImageTarget } from '../transfer/image-store.ts';
import { blobPath, LAYOUT_MARK, pick, readIndex, withManifest } from './layout-index.ts';

/**
 * Images in a directory, as `skopeo copy … oci:DIR:NAME` writes them.
 * Format: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export const openLayoutDirectory = async (directory: string): Promise<ImageSource> => {
  const listed = readIndex(await read(join(directory, 'index.json')));
  return {
    name: directory,
    readManifest: async (selector) => {
      const found = pick(listed, selector);
      const bytes = await read(join(directory, blobPath(found.digest)));
      if (digestOf(bytes) !== found.digest) throw new RegistryError('DigestMismatch', { detail: found.digest });
      return parseManifest(bytes, found.mediaType);
    },
    // Not compared with the digest here: whatever it is written to does that.
    blob: ({ digest, size }) => fileSource(join(directory, blobPath(digest)), { size }),
  };
};

/** Makes a directory a layout, if it is none yet, for images to be written to. Each file appears whole or not at all. */
export const createLayoutDirectory = async (directory: string): Promise<ImageTarget> => {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  await writeFile(join(directory, 'oci-layout'), LAYOUT_MARK);
  const indexFile = join(directory, 'index.json');
  const listed = async () => ((await exists(indexFile)) ? readIndex(await read(indexFile)) : []);
  return {
    name: directory,
    hasManifest: () => Promise.resolve(false), // its blobs may be missing: each is looked at, which costs nothing here
    writeBlob: async ({ digest, size }, { source, onBytes, signal }) => {
      const file = join(directory, blobPath(digest));
      if ((await stat(file).catch(() => undefined))?.size === size) return 'existing';
      await writeWhole(file, counted(verified(source.open(0), { digest, size }), onBytes), signal);
      return 'written';
    },
    writeManifest: async ({ descriptor, bytes }, name) => {
      await writeWhole(join(directory, blobPath(descriptor.digest)), Readable.from([bytes]));
      if (name === undefined) return;
      await writeWhole(indexFile, Readable.from([indexOf(withManifest(await listed(), descriptor, name))]));
    },
  };
};

/** Writes beside the file and renames. */
const writeWhole = async (file: string, chunks: AsyncIterable<Buffer>, signal?: AbortSignal): Promise<void> => {
  const temporary = join(dirname(file), `.${randomUUID()}.part`);
  try {
    const options = signal === undefined ? {} : { signal };
    await pipeline(chunks, createWriteStream(temporary, { highWaterMark: 4 * 1024 * 1024 }), options);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

const read = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    throw new RegistryError('LayoutInvalid', { detail: `${file}: ${code}`, cause });
  }
};

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;
