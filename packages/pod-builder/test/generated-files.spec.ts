import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureTable } from '../src/diagnose/failure-table.ts';
import { onRealNode } from './failures-page.ts';
import { generatedFiles } from './generated-files.ts';

describe('files made from this package', () => {
  it.each(Object.entries(generatedFiles()))('%s is up to date', async (path, text) => {
    expect(await readFile(join(import.meta.dirname, '../../..', path), 'utf8')).toBe(text);
  });
});

describe('the page of failures', () => {
  it('prints in bold what the suite makes on a real node, and nothing else', async () => {
    const suite = await readFile(join(import.meta.dirname, '../../../e2e/test/suites/job-pod-lifecycle.ts'), 'utf8');
    const made = new Set([...suite.matchAll(/row: '([a-z-]+)'/g)].map(([, row]) => row));
    expect([...onRealNode].sort()).toEqual([...made].sort());
    const known = new Set(failureTable.map(({ id }) => id));
    expect([...made].filter((row) => !known.has(row ?? ''))).toEqual([]);
  });
});
