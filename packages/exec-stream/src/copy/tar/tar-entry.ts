/** One thing in an archive. `link` is a hard link to an earlier file of the same archive. */
export interface TarEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'other';
  /** As it is in the archive; not to be trusted. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly modifiedS: number;
  /** Where a link leads. */
  readonly target?: string;
}

/** Size of a tar block; contents are padded to a multiple of it. */
export const BLOCK_BYTES = 512;

/** Bytes between the end of a content of this size and the next header. */
export const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
