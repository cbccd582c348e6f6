import { describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptValues } from './kept-values.ts';

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'danube-kept-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
};
const secrets = (value: string) => new Map([['TOKEN', value]]);

describe('keptValues', () => {
  it('knows what a secret was before it was changed', async () => {
    await using place = await temporary();
    expect(await keptValues(place.dir, secrets('old-value'))).toEqual(['old-value']);
    expect(await keptValues(place.dir, secrets('new-value'))).toEqual(['old-value', 'new-value']);
    expect(await keptValues(place.dir, secrets('new-value'))).toEqual(['old-value', 'new-value']);
    expect(await readdir(place.dir)).toEqual(['values.json']);
    expect((await stat(join(place.dir, 'values.json'))).mode & 0o777).toBe(0o600);
  });

  it('knows the values of now where there is no place to keep them', async () => {
    expect(await keptValues('/nowhere/at/all', secrets('a-value'))).toEqual(['a-value']);
  });

  it('writes nothing for a job without secrets', async () => {
    await using place = await temporary();
    expect(await keptValues(place.dir, new Map())).toEqual([]);
    expect(await readdir(place.dir)).toEqual([]);
  });

  it('does not go on without what it should know, and does not say it', async () => {
    await using place = await temporary();
    await writeFile(join(place.dir, 'values.json'), '["old-value"');
    const error = await keptValues(place.dir, secrets('new-value')).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'SECRETS' });
    expect((error as Error).message).not.toContain('value"');
  });
});
