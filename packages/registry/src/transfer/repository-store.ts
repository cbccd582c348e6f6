import type { OciClient } from '../oci/oci-client.ts';
import type { ImageSource, ImageTarget } from './image-store.ts';

/** A repository as {@link repositoryStore} takes it. */
export type RepositoryPlace = {
  readonly client: OciClient;
  readonly repository: string;
  /** Tells registries apart, as in `registry.danube-system:5000`: blobs are mounted only within one. */
  readonly registry: string;
  /** Uploads in pieces of this size. @default in one piece */
  readonly chunkBytes?: number | undefined;
};

/** A repository as a place that images are copied from and to. */
export const repositoryStore = (place: RepositoryPlace): ImageSource & ImageTarget => {
  const { client, registry, chunkBytes } = place;
  const repository = client.repository(place.repository);
  return {
    name: `${registry}/${repository.name}`,
    origin: { registry, repository: repository.name },
    readManifest: (selector = 'latest', signal) => repository.readManifest(selector, { signal }),
    blob: ({ digest, size }, signal) => ({
      size,
      open: (offset) => {
        const whole = repository.readBlob({ digest, size }, { signal });
        return offset === 0 ? whole : from(whole, offset);
      },
    }),
    hasManifest: async (digest, signal) => (await repository.findManifest(digest, { signal })) !== undefined,
    writeBlob: (descriptor, { source, from: origin, onBytes, signal }) => {
      const mountFrom =
        origin?.registry === registry && origin.repository !== repository.name ? origin.repository : undefined;
      return repository.pushBlob(descriptor, source, { mountFrom, chunkBytes, onBytes, signal });
    },
    writeManifest: async ({ bytes, descriptor: { mediaType } }, name, signal) => {
      await repository.pushManifest({ bytes, mediaType }, { tag: name, signal });
    },
  };
};

/** Read from the beginning all the same: only a whole blob can be compared with its digest. */
async function* from(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer, void> {
  let left = offset;
  for await (const chunk of chunks) {
    const dropped = Math.min(left, chunk.length);
    left -= dropped;
    if (dropped < chunk.length) yield chunk.subarray(dropped);
  }
}
