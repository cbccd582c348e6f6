import { RegistryError } from '../errors/registry-error.ts';
import { type Descriptor, isManifestType, mediaTypes } from './descriptor.ts';
import { digestOf, isDigest } from './digest.ts';

/** A manifest or an index, as bytes and understood. The bytes are what the digest is of: never serialise it again. */
export type Manifest = {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  /** Config and layers of an image; none of an index. */
  readonly blobs: readonly Descriptor[];
  /** What an index lists; nothing for an image. */
  readonly children: readonly Descriptor[];
  /** What it is attached to. */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

type Fields = {
  readonly mediaType?: unknown;
  readonly config?: unknown;
  readonly layers?: unknown;
  readonly blobs?: unknown;
  readonly manifests?: unknown;
  readonly subject?: unknown;
  readonly artifactType?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** Understands the bytes of a manifest. @throws BadResponse for what is none */
export const parseManifest = (bytes: Buffer, mediaType?: string): Manifest => {
  const fields = parse(bytes);
  const type = [mediaType, fields.mediaType].find((each) => typeof each === 'string' && isManifestType(each));
  const guessed = Array.isArray(fields.manifests) ? mediaTypes.index : mediaTypes.manifest;
  const descriptor = {
    mediaType: typeof type === 'string' ? type : guessed,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  const config = fields.config === undefined ? [] : [requireDescriptor(fields.config)];
  const artifactType = fields.artifactType ?? config[0]?.mediaType;
  return {
    descriptor,
    bytes,
    blobs: [...config, ...descriptors(fields.layers), ...descriptors(fields.blobs)],
    children: descriptors(fields.manifests),
    ...(fields.subject === undefined ? {} : { subject: requireDescriptor(fields.subject) }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(fields.annotations === undefined ? {} : { annotations: fields.annotations }),
  };
};

const parse = (bytes: Buffer): Fields => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new RegistryError('BadResponse', { detail: 'the manifest is not JSON', cause });
  }
  throw new RegistryError('BadResponse', { detail: 'the manifest is not a JSON object' });
};

const descriptors = (value: unknown): Descriptor[] => (Array.isArray(value) ? value.map(requireDescriptor) : []);

const requireDescriptor = (value: unknown): Descriptor => {
  const { mediaType, digest, size } = (value ?? {}) as Partial<Descriptor>;
  const sound = typeof digest === 'string' && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (sound && isDigest(digest)) return { ...(value as Descriptor), mediaType: mediaType ?? '' };
  throw new RegistryError('BadResponse', { detail: 'a descriptor without a sha256 digest and a size' });
};
