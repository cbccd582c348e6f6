import { createHash, randomBytes } from 'node:crypto';
import { bytesSource, type Descriptor, digestOf, mediaTypes } from '../src/index.ts';

/** A blob that no registry has seen. */
export const randomBlob = (bytes: number) => {
  const content = randomBytes(bytes);
  const descriptor: Descriptor = { mediaType: mediaTypes.layer, digest: digestOf(content), size: bytes };
  return { content, descriptor, source: bytesSource(content) };
};

/** All bytes of an iteration. */
export const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};

/** All entries of an iteration. */
export const list = async <T>(entries: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
};

/** A manifest of these blobs, as bytes. */
export const manifestOf = (config: Descriptor, layers: readonly Descriptor[], more: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers, ...more }));

/** An image with so many layers of so many bytes, and what it is made of. */
export const randomImage = (layerBytes: readonly number[]) => {
  const configBytes = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', at: randomBytes(8).toString('hex') }),
  );
  const config: Descriptor = { mediaType: mediaTypes.config, digest: digestOf(configBytes), size: configBytes.length };
  const layers = layerBytes.map(randomBlob);
  const bytes = manifestOf(
    config,
    layers.map(({ descriptor }) => descriptor),
  );
  return {
    bytes,
    digest: digestOf(bytes),
    blobs: [{ content: configBytes, descriptor: config, source: bytesSource(configBytes) }, ...layers],
  };
};

/** The hex digest of bytes. */
export const hexDigest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
