import { BLOCK_BYTES, paddingOf, type TarEntry } from './tar-entry.ts';
import { readHeader, readRecords, type TarHeader } from './read-header.ts';

/** Longest path that is taken. */
const MAX_META_BYTES = 64 * 1024;

/** An entry, and its content: read it before asking for the next entry, or it is thrown away. */
export interface ReadEntry extends TarEntry {
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Takes an archive apart while it comes, whatever the pieces are. Reads the source to its end. Memory does not grow with contents.
 * @throws RangeError for what is no archive, or not all of it
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry, void, undefined> {
  const bytes = new ByteReader(source);
  let long: { path?: string; target?: string; size?: number } = {};
  for (;;) {
    const header = readHeader(await bytes.exactly(BLOCK_BYTES));
    if (header === undefined) break;
    if (header.kind in metaKinds) {
      if (header.size > MAX_META_BYTES) throw new RangeError('a path is too long');
      const meta = await bytes.exactly(header.size);
      await bytes.exactly(paddingOf(header.size));
      long = { ...long, ...metaKinds[header.kind]?.(meta) };
      continue;
    }
    const entry = { ...entryOf(header), ...long };
    long = {};
    const size = entry.type === 'file' ? entry.size : 0;
    const content = bytes.upTo(size);
    yield { ...entry, size, content };
    await drain(content); // what nobody read
    await bytes.exactly(paddingOf(size));
  }
  await drain(bytes.rest());
}

async function drain(pieces: AsyncIterable<Buffer>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

const untilNul = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0.*$/s, '');

/** Entries that say something about the next one. */
const metaKinds: Readonly<Record<string, (bytes: Buffer) => { path?: string; target?: string; size?: number }>> = {
  L: (bytes) => ({ path: untilNul(bytes) }),
  K: (bytes) => ({ target: untilNul(bytes) }),
  g: () => ({}),
  x: (bytes) => {
    const records = readRecords(bytes);
    const [path, target, size] = [records.get('path'), records.get('linkpath'), records.get('size')];
    return {
      ...(path !== undefined && { path }),
      ...(target !== undefined && { target }),
      ...(size !== undefined && { size: sizeOf(size) }),
    };
  },
};

function sizeOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RangeError('a size cannot be read');
  return Number(text);
}

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'directory',
};

function entryOf({ kind, ...header }: TarHeader): TarEntry {
  const type = types[kind] ?? 'other';
  // The old Unix form marks a directory by its name alone.
  return { ...header, type: type === 'file' && header.path.endsWith('/') ? 'directory' : type };
}

/** Hands out bytes in the sizes that are asked for. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.upTo(count)) parts.push(part);
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** The next bytes as they come; what is read twice is empty the second time. */
  upTo(count: number): AsyncIterable<Buffer> {
    let left = count;
    const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      if (this.#held.length === 0 && !(await this.#more())) throw new RangeError('the archive is cut');
      const value = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(value.length);
      left -= value.length;
      return { done: false, value };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    do {
      if (this.#held.length > 0) yield this.#held;
      this.#held = Buffer.alloc(0);
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#held = next.value;
    }
    return true;
  }
}
