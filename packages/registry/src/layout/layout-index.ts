import { RegistryError } from '../errors/registry-error.ts';
import { type Descriptor, mediaTypes } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';

/** The annotation under which a layout keeps a manifest's tag. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** The annotation under which containerd keeps a manifest's whole name. */
const CONTAINERD_NAME = 'io.containerd.image.name';

/** Content of the file `oci-layout`. */
export const LAYOUT_MARK = '{"imageLayoutVersion":"1.0.0"}';

/** Path of a blob in a layout. */
export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** What `index.json` lists. @throws LayoutInvalid */
export const readIndex = (bytes: Buffer): readonly Descriptor[] => {
  try {
    return parseManifest(bytes, mediaTypes.index).children;
  } catch (cause) {
    throw new RegistryError('LayoutInvalid', { detail: 'index.json cannot be read', cause });
  }
};

/**
 * The manifest that a name stands for: a digest, a tag, or the end of a whole name. Without a name the only one.
 * @throws NotFound naming what there is
 */
export const pick = (listed: readonly Descriptor[], name: string | undefined): Descriptor => {
  const found = listed.filter((each) => name === undefined || isNamed(each, name));
  const [first] = found;
  if (first !== undefined && new Set(found.map(({ digest }) => digest)).size === 1) return first;
  const names = listed.map((each) => nameOf(each) ?? each.digest).join(', ');
  const what = name === undefined ? 'a name is needed' : `"${name}" names ${found.length} images`;
  throw new RegistryError('NotFound', { detail: `${what}; the layout has: ${names === '' ? 'nothing' : names}` });
};

const nameOf = ({ annotations = {} }: Descriptor): string | undefined =>
  annotations[REF_NAME] ?? annotations[CONTAINERD_NAME];

const isNamed = ({ digest, annotations = {} }: Descriptor, name: string): boolean => {
  if (isDigest(name)) return digest === name;
  const names = [annotations[REF_NAME], annotations[CONTAINERD_NAME]].filter((each) => each !== undefined);
  return names.some((each) => each === name || each.endsWith(`/${name}`) || each.endsWith(`:${name}`));
};

/** The index with one manifest more; a name is taken from whatever had it before. */
export const withManifest = (
  listed: readonly Descriptor[],
  descriptor: Descriptor,
  name: string | undefined,
): readonly Descriptor[] => {
  const { mediaType, digest, size, platform } = descriptor;
  const entry = {
    mediaType,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { annotations: { [REF_NAME]: name } }),
  };
  const others = listed.filter((each) =>
    name === undefined ? each.digest !== digest || nameOf(each) !== undefined : each.annotations?.[REF_NAME] !== name,
  );
  return [...others, entry];
};
