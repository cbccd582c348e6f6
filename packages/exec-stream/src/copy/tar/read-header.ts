import type { TarEntry } from './tar-entry.ts';

/** A header as it is in the archive; `kind` is its type flag. */
export interface TarHeader extends Omit<TarEntry, 'type'> {
  readonly kind: string;
}

/**
 * Reads one header block: ustar, GNU and the old Unix form. Undefined for an empty block, which ends an archive.
 * @throws RangeError for what is no header
 */
export function readHeader(block: Buffer): TarHeader | undefined {
  const checksum = readNumber(block, 148, 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum === 8 * 32) return undefined;
  if (sum !== checksum) throw new RangeError('a header has a wrong checksum');
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  return {
    kind: String.fromCharCode(block.readUInt8(156)),
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: readNumber(block, 100, 8) & 0o7777,
    size: readNumber(block, 124, 12),
    modifiedS: readNumber(block, 136, 12),
    target: readText(block, 157, 100),
  };
}

/** Reads the records of a POSIX extended header: `LENGTH KEY=VALUE\n`. @throws RangeError for what are none */
export function readRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const [, digits] = /^(\d{1,9}) /.exec(bytes.toString('latin1', at, at + 10)) ?? [];
    const length = Number(digits);
    const record = bytes.toString('utf8', at + (digits?.length ?? 0) + 1, at + length);
    const equals = record.indexOf('=');
    if (digits === undefined || at + length > bytes.length || equals < 1 || !record.endsWith('\n')) {
      throw new RangeError('an extended header cannot be read');
    }
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at += length;
  }
  return records;
}

function readText(block: Buffer, at: number, width: number): string {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? width : end);
}

function readNumber(block: Buffer, at: number, width: number): number {
  if ((block.readUInt8(at) & 0x80) !== 0) return readBase256(block.subarray(at, at + width));
  const text = block
    .toString('latin1', at, at + width)
    .replace(/\0.*$/s, '')
    .trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw new RangeError('a header has a number that is none');
  return Number.parseInt(text, 8);
}

function readBase256(field: Buffer): number {
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  // Negative (a time before 1970), or larger than anything that could be meant.
  if (field[0] !== 0x80 || !Number.isSafeInteger(value)) throw new RangeError('a header has a number out of range');
  return value;
}
