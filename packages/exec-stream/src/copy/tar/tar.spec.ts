import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTar } from './read-tar.ts';
import { paddingOf, type TarEntry } from './tar-entry.ts';
import { writeEnd, writeHeader } from './write-header.ts';

/** The bytes in pieces of these sizes. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

type Whole = Omit<TarEntry, 'size'> & { readonly text: string };

async function readAll(bytes: Buffer, sizes: readonly number[] = [65_536]): Promise<Whole[]> {
  const entries: Whole[] = [];
  for await (const { content, size, ...entry } of readTar(pieces(bytes, sizes))) {
    const parts: Buffer[] = [];
    for await (const part of content) parts.push(part);
    const text = Buffer.concat(parts).toString();
    expect(Buffer.byteLength(text)).toBe(size);
    entries.push({ ...entry, text });
  }
  return entries;
}

const archive = (entries: readonly Whole[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap(({ text, ...entry }) => {
      const size = Buffer.byteLength(text);
      return [writeHeader({ ...entry, size }), Buffer.from(text), Buffer.alloc(paddingOf(size))];
    }),
    writeEnd(),
  ]);

const path = fc
  .array(fc.stringMatching(/^[a-zA-Z0-9ü _-]{1,70}$/), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'));
const entry: fc.Arbitrary<Whole> = fc.record({
  type: fc.constant('file' as const),
  path,
  mode: fc.nat(0o7777),
  modifiedS: fc.nat(1_700_000_000),
  target: fc.constant(''),
  text: fc.string({ maxLength: 1500 }),
});

describe('an archive', () => {
  it('is read as it was written, wherever the pieces are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }),
        async (...[entries, sizes]) => {
          expect(await readAll(archive(entries), sizes)).toEqual(entries);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([[['tar']], [['busybox', 'tar']]])('is unpacked by %j as it was written', ([program = '', ...args]) => {
    const entries = fc.sample(entry, 30).map((one, index) => ({ ...one, mode: 0o644, path: `${index}/${one.path}` }));
    const into = mkdtempSync(join(tmpdir(), 'danube-tar-'));
    try {
      execFileSync(program, [...args, '-xf', '-', '-C', into], { input: archive(entries) });
      for (const { path: name, text } of entries) expect(readFileSync(join(into, name), 'utf8')).toBe(text);
    } finally {
      rmSync(into, { recursive: true });
    }
  });

  it.each([
    ['gnu', 200],
    ['pax', 200],
    ['ustar', 150],
    ['v7', 95],
  ])('in the form %s is read as the system wrote it', async (format, length) => {
    const name = `${'a'.repeat(length - 81)}/${'b'.repeat(80)}`;
    const script = `mkdir "$(dirname "$1")" && printf content >"$1" && ln -s a "$2" && tar --format=${format} -cf - "$1" "$2"`;
    const from = mkdtempSync(join(tmpdir(), 'danube-tar-'));
    try {
      const entries = await readAll(execFileSync('sh', ['-c', script, 'sh', name, 'link'], { cwd: from }));
      expect(entries).toMatchObject([
        { type: 'file', path: name, text: 'content' },
        { type: 'symlink', path: 'link', target: 'a' },
      ]);
    } finally {
      rmSync(from, { recursive: true });
    }
  });

  it('of more than 8 GiB says so', async () => {
    const size = 9 * 1024 ** 3;
    const header = writeHeader({ type: 'file', path: 'huge', mode: 0o644, size, modifiedS: 0 });
    for await (const found of readTar(pieces(Buffer.concat([header, Buffer.alloc(512)]), [512]))) {
      expect(found.size).toBe(size);
      break;
    }
  });

  it.each([
    ['cut in a header', (whole: Buffer) => whole.subarray(0, 300)],
    ['cut in a content', (whole: Buffer) => whole.subarray(0, 600)],
    ['without its end', (whole: Buffer) => whole.subarray(0, 1024)],
    [
      'with a flipped bit',
      (whole: Buffer) => Buffer.concat([Buffer.from([whole.readUInt8(0) ^ 1]), whole.subarray(1)]),
    ],
    ['that is none', () => Buffer.from('not an archive '.repeat(100))],
  ])('%s is none', async (_, spoil) => {
    const whole = archive([{ type: 'file', path: 'a', mode: 0o644, modifiedS: 0, target: '', text: 'x'.repeat(200) }]);
    await expect(readAll(spoil(whole))).rejects.toThrow(RangeError);
  });

  it('of any bytes ends with an error of ours or none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await readAll(Buffer.from(bytes)).catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
      }),
      { numRuns: 200 },
    );
  });
});
