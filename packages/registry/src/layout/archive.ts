import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { RegistryError } from '../errors/registry-error.ts';
import { fileSource } from '../oci/blob-source.ts';
import { digestOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest } from '../oci/manifest.ts';
import { indexOf } from '../oci/referrers.ts';
import { counted, verified } from '../oci/verified.ts';
import type { ImageSource, ImageTarget } from '../transfer/image-store.ts';
import { blobPath, LAYOUT_MARK, pick, readIndex, withManifest } from './layout-index.ts';
import { paddingBytes, writeTarHeader } from './tar-header.ts';
import { indexTar, type TarPlace } from './tar-index.ts';

/** A manifest is short: an archive that says otherwise is not read into memory. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

/**
 * Images in a tar of a layout, as `skopeo copy … oci-archive:FILE` and `docker save` (25 or newer) write them. Only its
 * headers are read to open it. @throws LayoutInvalid
 */
export const openLayoutArchive = async (path: string): Promise<ImageSource> => {
  const places = await withFile(path, indexTar);
  const read = async (name: string): Promise<Buffer> => {
    const { start, size } = placeOf(places, { path, name });
    if (size > MAX_JSON_BYTES) throw new RegistryError('LayoutInvalid', { detail: `${name} has ${size} bytes` });
    return withFile(path, async (file) => {
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await file.read(bytes, 0, size, start);
      if (bytesRead < size) throw new RegistryError('LayoutInvalid', { detail: `${path} is cut off in ${name}` });
      return bytes;
    });
  };
  const listed = readIndex(await read('index.json'));
  return {
    name: path,
    readManifest: async (selector) => {
      const found = pick(listed, selector);
      const bytes = await read(blobPath(found.digest));
      if (digestOf(bytes) !== found.digest) throw new RegistryError('DigestMismatch', { detail: found.digest });
      return parseManifest(bytes, found.mediaType);
    },
    blob: ({ digest }) => fileSource(path, placeOf(places, { path, name: blobPath(digest) })),
  };
};

/** An archive that is being written. `close` finishes it; without that nothing is left. */
export type LayoutArchive = ImageTarget & { readonly close: () => Promise<void> } & AsyncDisposable;

/** Writes images to a new tar. The file appears at `close`, whole. One blob is written at a time. */
export const createLayoutArchive = async (path: string): Promise<LayoutArchive> => {
  const temporary = `${path}.${randomUUID()}.part`;
  const file = await open(temporary, 'wx');
  const written = new Set<string>();
  let at = 0;
  let listed: readonly Descriptor[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let isOpen = true;
  const append = async (bytes: Buffer): Promise<void> => {
    await file.writev([bytes], at);
    at += bytes.length;
  };
  const entry = async (name: string, size: number, chunks: AsyncIterable<Buffer>): Promise<void> => {
    const begun = at;
    try {
      await append(writeTarHeader({ path: name, type: '0', size }));
      for await (const chunk of chunks) await append(chunk);
      await append(Buffer.alloc(paddingBytes(size)));
    } catch (error) {
      at = begun; // what comes next is written over it
      throw error;
    }
  };
  const whole = (name: string, bytes: Buffer) => entry(name, bytes.length, one(bytes));
  /** One after the other: an archive has one end. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  await whole('oci-layout', Buffer.from(LAYOUT_MARK));
  return {
    name: path,
    hasManifest: () => Promise.resolve(false),
    writeBlob: ({ digest, size }, { source, onBytes }) =>
      inTurn(async () => {
        if (written.has(digest)) return 'existing';
        await entry(blobPath(digest), size, counted(verified(source.open(0), { digest, size }), onBytes));
        written.add(digest);
        return 'written';
      }),
    writeManifest: ({ descriptor, bytes }, name) =>
      inTurn(async () => {
        if (!written.has(descriptor.digest)) await whole(blobPath(descriptor.digest), bytes);
        written.add(descriptor.digest);
        if (name !== undefined) listed = withManifest(listed, descriptor, name);
      }),
    close: () =>
      inTurn(async () => {
        await whole('index.json', indexOf(listed));
        await append(Buffer.alloc(1024));
        await file.truncate(at);
        await file.close();
        isOpen = false;
        await rename(temporary, path);
      }),
    [Symbol.asyncDispose]: async () => {
      if (!isOpen) return;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
};

/** A layout in a directory or a tar, whichever is there. @throws LayoutInvalid when there is nothing */
export const isArchive = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new RegistryError('LayoutInvalid', { detail: `${path} is not there` });
  return found.isFile();
};

const placeOf = (places: ReadonlyMap<string, TarPlace>, at: { path: string; name: string }): TarPlace => {
  const place = places.get(at.name);
  if (place === undefined) throw new RegistryError('LayoutInvalid', { detail: `${at.path} has no ${at.name}` });
  return place;
};

const withFile = async <T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> => {
  const file = await open(path).catch((cause: unknown) => {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    throw new RegistryError('LayoutInvalid', { detail: `${path}: ${code}`, cause });
  });
  try {
    return await work(file);
  } finally {
    await file.close();
  }
};

async function* one(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}
