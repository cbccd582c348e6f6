import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { tar, type TarEntry } from './tar.ts';

/** A layer on disk. Uncompressed, so its digest is also its diff id. */
export type Layer = { readonly digest: string; readonly size: number; readonly file: string };

/** Packs entries into a layer file in `directory`, named by its digest. The same entries give the same file. */
export const writeLayer = async (entries: Iterable<TarEntry>, directory: string): Promise<Layer> => {
  await mkdir(directory, { recursive: true });
  const hash = createHash('sha256');
  const temporary = join(directory, `.${randomUUID()}.part`);
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.from(tar(entries), { objectMode: false }), hashing, createWriteStream(temporary));
  const hex = hash.digest('hex');
  const file = join(directory, `${hex}.tar`);
  await rename(temporary, file);
  return { digest: `sha256:${hex}`, size: (await stat(file)).size, file };
};
