import { type Descriptor, isForeign, isManifestType } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import { eachLimited } from './map-limit.ts';
import type { BlobOutcome, ImageSource, ImageTarget } from './image-store.ts';
import { throttled, type TransferObserver } from './progress.ts';

/** Options of {@link copyImage}. */
export type CopyImageOptions = {
  /** Tag, digest or other name in the source. @default the only image of a layout, `latest` of a repository */
  readonly from?: string | undefined;
  /** Its name in the target: a tag. Without one it is there by digest only. */
  readonly name?: string | undefined;
  /** Of an index only these platforms, as in `linux/amd64`; the index itself is then left out. @default all */
  readonly platform?: string | undefined;
  /** Layers at a time. @default 4 */
  readonly concurrency?: number | undefined;
  /** Looks at each blob although the target has the manifest: to mend a target that lost some. @default false */
  readonly everyBlob?: boolean | undefined;
  readonly onEvent?: TransferObserver | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** What was copied. `bytes` counts the blobs that had to be sent. */
export type CopiedImage = {
  readonly descriptor: Descriptor;
  readonly blobs: Readonly<Record<BlobOutcome, number>>;
  readonly bytes: number;
};

/**
 * Copies an image with all that it refers to, in an order in which the target is never torn: blobs, then the manifests of
 * platforms, then the index, and the name last. What the target has is not sent again. Safe to repeat.
 */
export const copyImage = async (
  source: ImageSource,
  target: ImageTarget,
  options: CopyImageOptions = {},
): Promise<CopiedImage> => {
  const { from, name, concurrency = 4, everyBlob = false, onEvent, signal } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new TypeError('concurrency: expected a whole number, 1 or more');
  const root = await chosen(source, await source.readManifest(from, signal), options);
  const manifests = await missingManifests(source, target, { root, everyBlob, signal });
  const blobs = new Map<string, Descriptor>();
  for (const manifest of manifests) {
    for (const blob of manifest.blobs) if (!isForeign(blob)) blobs.set(blob.digest, blob);
  }
  onEvent?.({ type: 'planned', blobs: blobs.size, bytes: sum([...blobs.values()].map(({ size }) => size)) });

  const counts: Record<BlobOutcome, number> = { existing: 0, mounted: 0, uploaded: 0, written: 0 };
  let bytes = 0;
  // Large ones first: otherwise the last one to begin is the one that everything waits for.
  const inOrder = [...blobs.values()].sort((a, b) => b.size - a.size);
  await eachLimited(inOrder, { limit: concurrency, signal }, async (blob, either) => {
    const { digest, size } = blob;
    onEvent?.({ type: 'started', digest, size });
    const outcome = await target.writeBlob(blob, {
      source: source.blob(blob, either),
      ...(source.origin === undefined ? {} : { from: source.origin }),
      ...(onEvent === undefined
        ? {}
        : { onBytes: throttled((sent) => onEvent({ type: 'progress', digest, size, bytes: sent })) }),
      signal: either,
    });
    counts[outcome] += 1;
    if (outcome === 'uploaded' || outcome === 'written') bytes += size;
    onEvent?.({ type: 'blob', digest, size, outcome });
  });
  for (const manifest of manifests) {
    const { digest } = manifest.descriptor;
    const isRoot = digest === root.descriptor.digest;
    await target.writeManifest(manifest, isRoot ? name : undefined, signal);
    onEvent?.({ type: 'manifest', digest, ...(isRoot && name !== undefined ? { name } : {}) });
  }
  return { descriptor: root.descriptor, blobs: counts, bytes };
};

/** The manifest itself, or that of one platform of an index. */
const chosen = async (
  source: ImageSource,
  manifest: Manifest,
  { platform, signal }: CopyImageOptions,
): Promise<Manifest> => {
  if (platform === undefined || manifest.children.length === 0) return manifest;
  const child = manifest.children.find((each) => platformOf(each) === platform);
  if (child !== undefined) return source.readManifest(child.digest, signal);
  const there = manifest.children.map(platformOf).join(', ');
  throw new TypeError(`platform: expected one of ${there}, got "${platform}"`);
};

const platformOf = ({ platform }: Descriptor): string =>
  platform === undefined
    ? 'unknown'
    : [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join('/');

/**
 * What the target does not have, children before what lists them. A manifest that it has was accepted by it with all that
 * it refers to, so nothing below needs to be looked at. The root is always in, as the last: its name may be new.
 */
const missingManifests = async (
  source: ImageSource,
  target: ImageTarget,
  { root, everyBlob, signal }: { root: Manifest; everyBlob: boolean; signal: AbortSignal | undefined },
): Promise<Manifest[]> => {
  const seen = new Set<string>();
  const inOrder: Manifest[] = [];
  const visit = async (manifest: Manifest): Promise<void> => {
    const { digest } = manifest.descriptor;
    seen.add(digest);
    const isThere = !everyBlob && (await target.hasManifest(digest, signal));
    for (const child of isThere ? [] : manifest.children) {
      if (!isManifestType(child.mediaType) || seen.has(child.digest)) continue;
      await visit(await source.readManifest(child.digest, signal));
    }
    if (isThere && manifest !== root) return;
    inOrder.push(isThere ? { ...manifest, blobs: [] } : manifest);
  };
  await visit(root);
  return inOrder;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
