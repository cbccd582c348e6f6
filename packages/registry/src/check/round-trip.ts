import { randomUUID } from 'node:crypto';
import { bytesSource } from '../oci/blob-source.ts';
import { mediaTypes } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';

/** Pushes an image of its own, reads it back, and deletes it. */
export const roundTrip = async (repository: Repository, signal: AbortSignal): Promise<string> => {
  const layer = Buffer.alloc(1024);
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', canary: randomUUID() }));
  const blobs = [config, layer].map((bytes) => ({ bytes, digest: digestOf(bytes), size: bytes.length }));
  for (const { bytes, ...descriptor } of blobs) {
    await repository.pushBlob(descriptor, bytesSource(bytes), { signal });
  }
  const [configBlob, layerBlob] = blobs.map(({ digest, size }) => ({ digest, size }));
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...configBlob },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layerBlob }],
  };
  const { digest } = await repository.pushManifest({ bytes: Buffer.from(JSON.stringify(manifest)) }, { signal });
  const read = await repository.readManifest(digest, { signal });
  let bytes = 0;
  for (const blob of read.blobs) {
    // Ends without an error only when digest and size are right.
    for await (const chunk of repository.readBlob(blob, { signal })) bytes += chunk.length;
  }
  await repository.deleteManifest(digest, { signal });
  return `${bytes} bytes pushed, pulled and deleted`;
};
