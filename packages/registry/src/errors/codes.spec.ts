import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { codes } from './codes.ts';

describe('docs/errors.md', () => {
  it('lists every code with what it means, and no other', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (.*?) +\| (yes|no) +\| (.*?) +\|$/gm)].map((row) => row.slice(1));
    expect(rows).toEqual(
      Object.entries(codes).map(([code, { message, retryable, hint }]) => [
        code,
        message,
        retryable ? 'yes' : 'no',
        hint,
      ]),
    );
  });
});
