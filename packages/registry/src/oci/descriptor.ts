import type { Digest } from './digest.ts';

/** What is known of a content before it is read (https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string };
  readonly urls?: readonly string[];
};

/** Media types that this package reads. */
export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** Every manifest media type, as an `Accept` header: a registry converts or refuses what is not in it. */
export const acceptManifests = [
  mediaTypes.manifest,
  mediaTypes.index,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
].join(', ');

const ofManifests: readonly string[] = [
  mediaTypes.manifest,
  mediaTypes.index,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
];

/** Whether a content of this type is a manifest or an index, and so is stored by the manifest routes. */
export const isManifestType = (mediaType: string): boolean => ofManifests.includes(mediaType);

/** Layers that lie elsewhere for legal reasons: never pushed. */
export const isForeign = ({ mediaType, urls }: Descriptor): boolean =>
  urls !== undefined && urls.length > 0 && /foreign|nondistributable/.test(mediaType);
