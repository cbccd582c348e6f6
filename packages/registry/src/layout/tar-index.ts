import type { FileHandle } from 'node:fs/promises';
import { RegistryError } from '../errors/registry-error.ts';
import { BLOCK_BYTES, paddingBytes, readTarHeader } from './tar-header.ts';

/** Where in a tar the contents of a file lie. In bytes. */
export type TarPlace = { readonly start: number; readonly size: number };

const MAX_NAME_BYTES = 64 * 1024;

/** The files in a tar by their paths, found by reading its headers only. @throws LayoutInvalid for what is no tar */
export const indexTar = async (file: FileHandle): Promise<ReadonlyMap<string, TarPlace>> => {
  const places = new Map<string, TarPlace>();
  const block = Buffer.alloc(BLOCK_BYTES);
  let longName: string | undefined;
  let longSize: number | undefined;
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, at);
    if (bytesRead === 0 && at > 0) break; // an archive that was cut after its last entry
    if (bytesRead < BLOCK_BYTES) throw new RegistryError('LayoutInvalid', { detail: 'the file is no tar' });
    const header = readTarHeader(block);
    if (header === undefined) break;
    const start = at + BLOCK_BYTES;
    const { type } = header;
    const size = type === '0' ? (longSize ?? header.size) : header.size;
    if (type === 'L') longName = (await textAt(file, start, size)).replace(/\0+$/, '');
    else if (type === 'x') {
      const fields = paxFields(await textAt(file, start, size));
      longName = fields.get('path') ?? longName;
      longSize = fields.has('size') ? Number(fields.get('size')) : undefined;
    } else if (type !== 'g') {
      if (type === '0') places.set((longName ?? header.path).replace(/^\.\//, ''), { start, size });
      longName = undefined;
      longSize = undefined;
    }
    at = start + size + paddingBytes(size);
  }
  return places;
};

const textAt = async (file: FileHandle, start: number, size: number): Promise<string> => {
  if (size > MAX_NAME_BYTES)
    throw new RegistryError('LayoutInvalid', { detail: 'the tar has a name that is too long' });
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, start);
  return bytes.toString('utf8');
};

/** Records of `LENGTH KEY=VALUE` (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html). */
const paxFields = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^\d+ ([^=\n]+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
