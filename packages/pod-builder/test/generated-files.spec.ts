import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

describe('files made from this package', () => {
  it.each(Object.entries(generatedFiles()))('%s is up to date', async (path, text) => {
    expect(await readFile(join(import.meta.dirname, '../../..', path), 'utf8')).toBe(text);
  });
});
