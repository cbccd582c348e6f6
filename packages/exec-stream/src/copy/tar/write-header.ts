import { BLOCK_BYTES, paddingOf, type TarEntry } from './tar-entry.ts';

const typeFlag = {
  file: '0',
  link: '1',
  symlink: '2',
  directory: '5',
  other: '0',
  longTarget: 'K',
  longPath: 'L',
} as const;

/** Longest path that a header holds by itself. */
const FIELD_BYTES = 100;
/** Sizes from here on do not fit into eleven octal digits. */
const OCTAL_LIMIT = 8 ** 11;

/**
 * The header of an entry, in the GNU form: long paths come in entries of their own, because busybox reads those and steps over the ones
 * of POSIX (pax). Owners are left out: what is unpacked belongs to who unpacks it.
 * Layout: https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
export function writeHeader(entry: TarEntry): Buffer {
  const path = Buffer.from(entry.type === 'directory' ? `${entry.path}/` : entry.path);
  const target = Buffer.from(entry.target ?? '');
  return Buffer.concat([
    ...(target.length > FIELD_BYTES ? [long('longTarget', target)] : []),
    ...(path.length > FIELD_BYTES ? [long('longPath', path)] : []),
    block({ ...entry, flag: entry.type, path, target }),
  ]);
}

/** The two empty blocks at the end of an archive. */
export const writeEnd = (): Buffer => Buffer.alloc(2 * BLOCK_BYTES);

function long(flag: 'longTarget' | 'longPath', text: Buffer): Buffer {
  const size = text.length + 1;
  const header = block({
    flag,
    path: Buffer.from('././@LongLink'),
    target: Buffer.alloc(0),
    mode: 0,
    size,
    modifiedS: 0,
  });
  return Buffer.concat([header, text, Buffer.alloc(1 + paddingOf(size))]);
}

interface Fields extends Pick<TarEntry, 'mode' | 'size' | 'modifiedS'> {
  readonly flag: keyof typeof typeFlag;
  readonly path: Buffer;
  readonly target: Buffer;
}

function block({ flag, path, target, mode, size, modifiedS }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  path.copy(header, 0, 0, FIELD_BYTES);
  writeNumber(header, mode & 0o7777, { at: 100, width: 8 });
  writeNumber(header, 0, { at: 108, width: 8 });
  writeNumber(header, 0, { at: 116, width: 8 });
  writeNumber(header, size, { at: 124, width: 12 });
  writeNumber(header, Math.max(0, modifiedS), { at: 136, width: 12 });
  header.fill(' ', 148, 156); // the checksum counts its own field as spaces
  header.write(typeFlag[flag], 156);
  target.copy(header, 157, 0, FIELD_BYTES);
  header.write('ustar  \0', 257, 'latin1');
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Octal digits; above their limit the GNU form in base 256. */
function writeNumber(
  header: Buffer,
  value: number,
  { at, width }: { readonly at: number; readonly width: number },
): void {
  if (value < OCTAL_LIMIT) {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
    return;
  }
  header.writeUInt8(0x80, at);
  header.writeBigUInt64BE(BigInt(value), at + width - 8);
}
