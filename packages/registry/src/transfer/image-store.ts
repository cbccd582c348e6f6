import type { BlobSource } from '../oci/blob-source.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';

/** Where images are read from: a repository, a layout. */
export type ImageSource = {
  /** For messages. */
  readonly name: string;
  /** Reads the manifest or index of a tag, a digest or another name of the source. @throws NotFound */
  readonly readManifest: (selector: string | undefined, signal?: AbortSignal) => Promise<Manifest>;
  /** A blob, proven while it is read. */
  readonly blob: (descriptor: Descriptor, signal?: AbortSignal) => BlobSource;
  /** The repository behind the source and its registry's address, so that a target in the same registry can mount from it. */
  readonly origin?: { readonly registry: string; readonly repository: string };
};

/** What became of a blob. */
export type BlobOutcome = 'existing' | 'mounted' | 'uploaded' | 'written';

/** Options of {@link ImageTarget.writeBlob}. */
export type WriteBlobOptions = {
  readonly source: BlobSource;
  readonly from?: ImageSource['origin'];
  /** Hears how many bytes are written; fewer than before after a resume. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
};

/** Where images are written to. What it holds is whole at any time: blobs come first, names last. */
export type ImageTarget = {
  readonly name: string;
  readonly hasManifest: (digest: string, signal?: AbortSignal) => Promise<boolean>;
  readonly writeBlob: (descriptor: Descriptor, options: WriteBlobOptions) => Promise<BlobOutcome>;
  /** Stores a manifest, and gives it a name if there is one. */
  readonly writeManifest: (manifest: Manifest, name: string | undefined, signal?: AbortSignal) => Promise<void>;
};
