import { ImageError } from './errors.ts';

/** What a tar header says. Sizes in bytes; `mode` are the permission bits. */
export type TarHeader = {
  /** Relative, without a leading `./`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly size: number;
  /** Target of a symlink. */
  readonly target?: string;
  readonly uid?: number;
  readonly gid?: number;
};

/** Size of a tar block; contents are padded to a multiple of it. */
export const BLOCK_BYTES = 512;

const typeFlag = { file: '0', symlink: '2', directory: '5' } as const;

/**
 * One POSIX ustar header block. Always the same bytes for the same input: the time is 0, owners are numbers only.
 * Layout: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */
export const tarHeader = (header: TarHeader): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES);
  const { prefix, name } = splitPath(header.type === 'directory' ? `${header.path}/` : header.path);
  const target = header.target ?? '';
  if (Buffer.byteLength(target) > 100) throw new ImageError('PathTooLong', target);
  block.write(name, 0);
  writeOctal(block, header.mode & 0o7777, { at: 100, width: 8 });
  writeOctal(block, header.uid ?? 0, { at: 108, width: 8 });
  writeOctal(block, header.gid ?? 0, { at: 116, width: 8 });
  writeOctal(block, header.size, { at: 124, width: 12 });
  writeOctal(block, 0, { at: 136, width: 12 });
  block.fill(' ', 148, 156); // the checksum counts its own field as spaces
  block.write(typeFlag[header.type], 156);
  block.write(target, 157);
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, 345);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
};

/** How many zero bytes follow contents of this size. */
export const paddingBytes = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

/** The two zero blocks that end an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK_BYTES);

const writeOctal = (block: Buffer, value: number, { at, width }: { at: number; width: number }): void => {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
};

const splitPath = (path: string): { prefix: string; name: string } => {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  for (let slash = path.indexOf('/'); slash !== -1 && slash < path.length - 1; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { prefix, name };
  }
  throw new ImageError('PathTooLong', path);
};
