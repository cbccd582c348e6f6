import { RegistryError } from '../errors/registry-error.ts';

/** Size of a tar block; contents are padded to a multiple of it. */
export const BLOCK_BYTES = 512;

/** How many zero bytes follow contents of this size. */
export const paddingBytes = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

/** What a header says of the entry that follows it. */
export type TarHeader = {
  readonly path: string;
  /** `0` a file, `5` a directory, `x` and `g` fields of POSIX, `L` a long name of GNU. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
};

/** Octal size fields hold no more than this (8 GiB less a byte); larger sizes are written in base 256, as GNU tar does. */
const MAX_OCTAL = 0o77777777777;

/** A ustar header of a file or directory, without time and owner, so that equal contents give equal archives. */
export const writeTarHeader = ({ path, type, size }: TarHeader): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES);
  if (Buffer.byteLength(path) > 100) throw new RegistryError('LayoutInvalid', { detail: `${path} is too long a name` });
  block.write(path, 0);
  block.write(type === '5' ? '0000755\0' : '0000644\0', 100, 'latin1');
  block.write('0000000\u00000000000\0', 108, 'latin1');
  if (size <= MAX_OCTAL) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write('00000000000\0', 136, 'latin1');
  block.write(type, 156);
  block.write('ustar\u000000', 257, 'latin1');
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
};

/** Understands a header; undefined for the zero block at the end. @throws LayoutInvalid */
export const readTarHeader = (block: Buffer): TarHeader | undefined => {
  if (block.every((byte) => byte === 0)) return undefined;
  if (Number.parseInt(textIn(block, 148, 8), 8) !== checksumOf(block)) {
    throw new RegistryError('LayoutInvalid', { detail: 'the tar has a header with a wrong checksum' });
  }
  const prefix = textIn(block, 257, 5) === 'ustar' ? textIn(block, 345, 155) : '';
  const name = textIn(block, 0, 100);
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    type: textIn(block, 156, 1) || '0',
    size: sizeIn(block),
  };
};

const sizeIn = (block: Buffer): number => {
  if ((block[124] ?? 0) & 0x80) return Number(block.readBigUInt64BE(128));
  const size = Number.parseInt(textIn(block, 124, 12).trim() || '0', 8);
  if (Number.isSafeInteger(size)) return size;
  throw new RegistryError('LayoutInvalid', { detail: 'the tar has a header without a size' });
};

const textIn = (block: Buffer, at: number, length: number): string => {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
};

/** The checksum counts its own field as spaces. */
const checksumOf = (block: Buffer): number =>
  block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
