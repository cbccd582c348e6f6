import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ImageError } from './errors.ts';
import { paddingBytes, tarEnd, tarHeader } from './tar-header.ts';

/** Something to put into an archive. A file's content is given, or read from a file of this machine while packing. */
export type TarEntry =
  | {
      readonly type: 'directory';
      readonly path: string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly content: string | Buffer | { readonly file: string };
      /** @default 0o644 */
      readonly mode?: number;
    };

/** The bytes of an archive of these entries, in the order given, with memory use that does not grow with file sizes. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Buffer, void, undefined> {
  for (const entry of entries) {
    if (entry.type === 'directory') yield tarHeader({ mode: 0o755, size: 0, ...entry });
    else if (entry.type === 'symlink') yield tarHeader({ ...entry, mode: 0o777, size: 0 });
    else yield* file(entry);
  }
  yield tarEnd();
}

async function* file(entry: Extract<TarEntry, { type: 'file' }>): AsyncGenerator<Buffer, void, undefined> {
  const { path, content, mode = 0o644 } = entry;
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    const bytes = Buffer.from(content);
    yield tarHeader({ path, type: 'file', mode, size: bytes.length });
    yield bytes;
    yield Buffer.alloc(paddingBytes(bytes.length));
    return;
  }
  const { size } = await stat(content.file);
  yield tarHeader({ path, type: 'file', mode, size });
  let sent = 0;
  for await (const chunk of createReadStream(content.file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    sent += chunk.length;
    yield chunk;
  }
  if (sent !== size) throw new ImageError('FileChanged', `${content.file}: ${size} bytes before, ${sent} read`);
  yield Buffer.alloc(paddingBytes(size));
}
