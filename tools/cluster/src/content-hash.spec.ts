import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentHash } from './content-hash.ts';

describe('contentHash', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'danube-hash-'));
    writeFileSync(join(directory, 'a'), 'one');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is the same for the same content, whenever it was written', async () => {
    const before = await contentHash(directory, ['x']);
    utimesSync(join(directory, 'a'), 0, 0);
    expect(await contentHash(directory, ['x'])).toBe(before);
    expect(before).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['a file changes', () => writeFileSync(join(directory, 'a'), 'two')],
    ['a file comes', () => writeFileSync(join(directory, 'b'), '')],
    ['a file has another name', () => renameSync(join(directory, 'a'), join(directory, 'A'))],
  ])('is another when %s', async (_what, change) => {
    const before = await contentHash(directory, []);
    change();
    expect(await contentHash(directory, [])).not.toBe(before);
  });

  it('is another for other words, however they are cut', async () => {
    expect(await contentHash(directory, ['ab', 'c'])).not.toBe(await contentHash(directory, ['a', 'bc']));
  });
});
