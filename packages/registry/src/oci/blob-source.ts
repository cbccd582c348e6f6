import { createReadStream } from 'node:fs';

/** Where the bytes of a blob come from. They can be read again, and from the middle: that is what makes uploads resume. */
export type BlobSource = {
  /** In bytes, when it is known without reading. */
  readonly size: number;
  /** The bytes from `offset` on. */
  readonly open: (offset: number) => AsyncIterable<Buffer>;
};

const READ_BYTES = 1024 * 1024;

/** Bytes in memory. */
export const bytesSource = (bytes: Buffer | string): BlobSource => {
  const buffer = Buffer.from(bytes);
  return {
    size: buffer.length,
    async *open(offset) {
      await Promise.resolve();
      for (let at = offset; at < buffer.length; at += READ_BYTES) yield buffer.subarray(at, at + READ_BYTES);
    },
  };
};

/** A file, or a part of one. */
export const fileSource = (path: string, { start = 0, size }: { start?: number; size: number }): BlobSource => ({
  size,
  open: (offset) =>
    offset >= size
      ? bytesSource('').open(0)
      : createReadStream(path, { start: start + offset, end: start + size - 1, highWaterMark: READ_BYTES }),
});
